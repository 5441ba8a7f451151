import type { Clock } from "../../rooms/ports.js";
import type { RevocationLimits } from "./limits.js";

/** MongoDB's clock, as far as it can be trusted. It is one clock, and it may be set. */
export interface DatabaseClock {
  /** It said this at some time since `fromMs` of this process's steady clock. */
  said(atMs: number, fromMs: number): void;
  /**
   * What ended before this, in milliseconds since 1970, is over by MongoDB's clock of the last look, and by this machine's. Undefined where
   * that says nothing: before the first look, and for `keptMs` after the clock was set. What was stored before that is over by then.
   */
  overMs(): number | undefined;
}

export function createDatabaseClock(
  clock: Pick<Clock, "now" | "date">,
  keptMs: number,
  { setMs }: Pick<RevocationLimits, "setMs">,
): DatabaseClock {
  /** Between these it is ahead of the steady clock. */
  let ahead: { readonly leastMs: number; readonly mostMs: number } | undefined;
  let wasSetAtMs = Number.NEGATIVE_INFINITY;

  return {
    said(atMs, fromMs) {
      const nowMs = clock.now();
      const next = { leastMs: atMs - nowMs, mostMs: atMs - fromMs };
      const isSet =
        ahead !== undefined && (next.leastMs > ahead.mostMs + setMs || next.mostMs < ahead.leastMs - setMs);
      if (isSet) wasSetAtMs = nowMs;
      ahead = next;
    },
    overMs() {
      const nowMs = clock.now();
      if (ahead === undefined || nowMs - wasSetAtMs < keptMs) return undefined;
      return Math.min(nowMs + ahead.leastMs, clock.date());
    },
  };
}
