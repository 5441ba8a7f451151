import type { Access } from "./access.js";
import { ERRORS, type ErrorCode } from "./errors.js";
import type { Operation } from "./operations.js";

/** Who may call it, for people. */
export function accessInWords(access: Access): string {
  switch (access.kind) {
    case "anyone":
      return "anyone";
    case "user":
      return "users";
    case "operator":
      return "operators, who have a key with `operate` (on the private port whoever reaches it, without `API_KEYS` and `API_KEYS_FILE`)";
    case "ruled":
      return `users whose capabilities and the application's rule allow ${listed(access.operations)}`;
    case "key":
      return `keys of the server API with ${listed(access.operations)}`;
  }
}

function listed(operations: readonly Operation[]): string {
  return operations.map((one) => `\`${one}\``).join(" or ");
}

/** Who may call it, for programs. */
export function accessAsData(access: Access): object {
  return access.kind === "ruled" || access.kind === "key"
    ? { kind: access.kind, operations: access.operations }
    : { kind: access.kind };
}

/** Codes and their meaning, as a list in Markdown. */
export function errorsInWords(codes: readonly ErrorCode[]): string {
  return codes.map((code) => `- \`${code}\`: ${ERRORS[code].message}`).join("\n");
}

/** A sentence that says it. */
export function accessSentence(access: Access): string {
  return `Open to ${accessInWords(access)}.`;
}
