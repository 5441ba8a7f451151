/** `fail`: it does not work, or will not start. `warn`: it works, and will not always. */
export type Status = "ok" | "warn" | "fail";

/** What came of a check, in one line. */
export interface Finding {
  readonly status: Status;
  /** What was seen, and what it means. No secret. */
  readonly message: string;
  /** What to do; absent when all is well. */
  readonly advice?: string | undefined;
}

/** Something that is looked at. */
export interface Check {
  readonly name: string;
  /** Where it is explained, as a path of the project with an anchor. */
  readonly see: string;
  /** Looks at it; what it rejects with is a failure. */
  run(): Promise<Finding>;
}

/** A check with what came of it. */
export interface Result extends Finding {
  readonly check: string;
  readonly see: string;
}

export const ok = (message: string): Finding => ({ status: "ok", message });
export const warn = (message: string, advice: string): Finding => ({ status: "warn", message, advice });
export const fail = (message: string, advice: string): Finding => ({ status: "fail", message, advice });

/** The worse one decides. */
export function worst(results: readonly Pick<Finding, "status">[]): Status {
  const statuses = results.map(({ status }) => status);
  return statuses.includes("fail") ? "fail" : statuses.includes("warn") ? "warn" : "ok";
}

/** The same answer for all who ask; it is looked for when the first one does. */
export function once<Value>(look: () => Promise<Value>): () => Promise<Value> {
  let found: Promise<Value> | undefined;
  return () => {
    found ??= look();
    return found;
  };
}
