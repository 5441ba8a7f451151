import { setImmediate as nextTurn } from "node:timers/promises";
import { type Decide, type RuledAccess, ruled } from "../../../contract/access.js";
import { AppError } from "../../../contract/errors.js";
import type { RightsMetrics } from "../../metrics/types.js";
import { inTime } from "../../process/wait-at-most.js";
import { RULE_ANSWER_MS } from "../../trust/rules.js";
import type { Admittance, Held } from "./admittance.js";

/** What is asked within a turn of the event loop, in milliseconds. */
const TURN_MS = 4;

/** Whether somebody may still have what he has. */
export type Verdict = "allowed" | "forbidden" | "undecided";

/** Asks about what connections have, and ends what is forbidden. */
export interface Judge {
  /** Asks about each, so many at a time, and tells what came of it. Never rejects. */
  all(held: Iterable<Held>, parallel: number, heard?: (held: Held, verdict: Verdict) => void): Promise<void>;
  /** Ends it, and tells the client why. */
  close(held: Held, code: "forbidden" | "temporary"): void;
}

interface JudgeParts {
  readonly decide: Decide;
  readonly admittance: Pick<Admittance, "withdraw">;
  readonly metrics: RightsMetrics;
  /** Told of errors of rules, for the log. */
  readonly report: (error: unknown) => void;
}

export function createJudge({ decide, admittance, metrics, report }: JudgeParts): Judge {
  async function ask({ socket, asked }: Held): Promise<Verdict> {
    const access: RuledAccess<unknown> = ruled([asked.operation], () => asked);
    try {
      await decide(access, { passport: socket.data.passport, isOperator: false }, undefined);
      return "allowed";
    } catch (error) {
      if (error instanceof AppError && error.code === "forbidden") return "forbidden";
      if (!(error instanceof AppError) || error.code !== "temporary") report(error);
      return "undecided";
    }
  }

  async function one(held: Held): Promise<Verdict> {
    const verdict = await inTime<Verdict>(ask(held), RULE_ANSWER_MS, () => "undecided");
    metrics.rechecked(verdict);
    if (verdict === "forbidden") close(held, "forbidden");
    return verdict;
  }

  function close(held: Held, code: "forbidden" | "temporary"): void {
    // It may have been left, or be gone, since it was asked about.
    if (!admittance.withdraw(held)) return;
    const { operation, room } = held.asked;
    held.socket.emit("room_closed", { operation, code, ...(room === undefined ? {} : { room }) });
    metrics.closed(code);
  }

  return {
    async all(held, parallel, heard) {
      const rest = held[Symbol.iterator]();
      let turnBeganMs = performance.now();
      async function run(): Promise<void> {
        for (let next = rest.next(); next.done !== true; next = rest.next()) {
          const verdict = await one(next.value);
          heard?.(next.value, verdict);
          if (performance.now() - turnBeganMs < TURN_MS) continue;
          await nextTurn();
          turnBeganMs = performance.now();
        }
      }
      await Promise.all(Array.from({ length: parallel }, run));
    },
    close,
  };
}
