import type { Line } from "../support/line-log.js";
import type { Ledger } from "./ledger.js";

/** Finds in an instance's log what must not happen, whatever the faults are. */
export interface LogJudge {
  see(line: Line): void;
  /** One more worker will be found killed. */
  expectKill(): void;
  /** How many lines had this `msg`. */
  count(msg: string): number;
  /** The newest warnings, shortened, for the explanation of a violation. */
  readonly warnings: readonly string[];
}

const WARNINGS = 8;
const WARNING_CHARS = 300;

/** Errors that tell of an outage as it is; everything else at this level is a violation. */
const OUTAGE_ERRORS = ["connection audit could not be written", "mongodb connection error"];

export function createLogJudge(name: string, ledger: Ledger): LogJudge {
  const counts = new Map<unknown, number>();
  const warnings: string[] = [];
  let kills = 0;

  function isExpectedEnd({ fields }: Line): boolean {
    if (fields.msg !== "worker ended") return false;
    if (fields.kind === "unavailable") return true; // replaced while the database was away
    // A worker that is killed while it boots has failed, for its primary.
    if (fields.reason !== "signal SIGKILL" || kills === 0) return false;
    kills -= 1;
    return true;
  }

  return {
    warnings,
    see(line) {
      const { level, msg } = line.fields;
      counts.set(msg, (counts.get(msg) ?? 0) + 1);
      if (level === "warn") warnings.push(line.text.slice(0, WARNING_CHARS));
      warnings.splice(0, warnings.length - WARNINGS);
      if (line.stream !== "stderr" && ["debug", "info", "warn"].includes(String(level))) return;
      if (OUTAGE_ERRORS.includes(String(msg)) || isExpectedEnd(line)) return;
      ledger.complain("other", `${name} logged: ${line.text.slice(0, 500)}`);
    },
    expectKill() {
      kills += 1;
    },
    count: (msg) => counts.get(msg) ?? 0,
  };
}
