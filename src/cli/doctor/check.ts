/** `fail`: it does not work, or will not start. `warn`: it works, and will not always. */
export type Status = "ok" | "warn" | "fail";

/** What came of a check, in one line. */
export interface Finding {
  readonly status: Status;
  /** What was seen, and what it means. No secret. */
  readonly message: string;
  /** What to do; absent when all is well. */
  readonly advice?: string | undefined;
  /** Where that is explained, when it is not where the check is. */
  readonly see?: string;
}

/** Something that is looked at. */
export interface Check {
  readonly name: string;
  /** Where it is explained, as a path of the project with an anchor, unless the finding says another place. */
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
export const warn = (message: string, advice: string, see?: string): Finding =>
  bad("warn", message, advice, see);
export const fail = (message: string, advice: string, see?: string): Finding =>
  bad("fail", message, advice, see);

function bad(status: Status, message: string, advice: string, see: string | undefined): Finding {
  return { status, message, advice, ...(see === undefined ? {} : { see }) };
}

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

/** What comes of it in that time; after it this rejects, and says who was asked. */
export async function inTime<Value>(asked: string, value: Promise<Value>, withinMs: number): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const giveUp = () => reject(new Error(`${asked} gives no answer within ${withinMs / 1000} s`));
    timer = setTimeout(giveUp, withinMs);
  });
  try {
    return await Promise.race([value, late]);
  } finally {
    clearTimeout(timer);
  }
}
