/** The code of a system error, such as `ENOENT`; empty for anything else. By shape: jest's `Error` is not Node's own. */
export function errorCode(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}
