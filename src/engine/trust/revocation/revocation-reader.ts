import type { Clock } from "../../rooms/ports.js";
import type { DatabaseClock } from "./database-clock.js";
import type { RevocationLimits } from "./limits.js";
import type { RevocationList } from "./revocation-list.js";
import type { RevocationStore } from "./revocation-store.js";

/** Keeps a list as the store is. */
export interface RevocationReader {
  /** Reads what is new into the list. Afterwards it has all that was acknowledged before the call. One at a time. */
  read(): Promise<void>;
}

/** A number that was the highest one at a time of this process's clock. */
interface Top {
  readonly number: number;
  readonly atMs: number;
}

/**
 * Reads by the numbers of writes, and not by times: clocks differ. A write may be seen after others with higher numbers, as it gets its number
 * first. So each read begins where the numbers ended `overlapMs` ago: what had its number by then was written by now, or was never
 * acknowledged.
 */
export function createRevocationReader(
  store: Pick<RevocationStore, "readAfter">,
  list: Pick<RevocationList, "put" | "prune">,
  clock: Pick<Clock, "now">,
  databaseClock: Pick<DatabaseClock, "said">,
  { overlapMs }: Pick<RevocationLimits, "overlapMs">,
): RevocationReader {
  /** The newest one that is older than the overlap, and all since; in order. */
  let tops: Top[] = [];
  let epoch = "";

  function startOf(nowMs: number): number {
    while (tops[1] !== undefined && tops[1].atMs <= nowMs - overlapMs) tops.shift();
    const oldest = tops[0];
    return oldest !== undefined && oldest.atMs <= nowMs - overlapMs ? oldest.number : 0;
  }

  async function read(): Promise<void> {
    const beganAtMs = clock.now();
    const after = startOf(beganAtMs);
    const found = await store.readAfter(after);
    databaseClock.said(found.atMs, beganAtMs);
    const isOther = found.epoch !== epoch || found.top < (tops.at(-1)?.number ?? 0);
    epoch = found.epoch;
    if (isOther) tops = [];
    tops.push({ number: found.top, atMs: clock.now() });
    // A restored database counts anew. What is known stays known until its end.
    list.put(isOther && after > 0 ? (await store.readAfter(0)).revocations : found.revocations);
    list.prune(found.atMs);
  }

  return { read };
}
