import type { Numbers } from "../rooms/room-store.js";
import { mergeCalls } from "./merged-calls.js";

/** Most allocations of one command; what is more waits for the next. */
const COMMAND_ALLOCATIONS = 1000;

/** How numbers are taken from the rooms' counters; each call hands out new numbers and resolves with the highest. */
export interface CounterCommands {
  /** The way for a single room. */
  one(room: string, count: number): Promise<Numbers>;
  /** The way for many. A room that is missing in the answer got nothing that is known, and is asked for alone. */
  many(counts: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, Numbers>>;
}

interface Allocation {
  readonly room: string;
  readonly count: number;
}

/** What all allocations of one room get together. */
interface Share {
  total: number;
  got: Numbers | Promise<Numbers> | undefined;
}

/** Merges the allocations of all rooms. A room that is asked for alone after all does not hold up the others. */
export function createAllocationQueue({
  one,
  many,
}: CounterCommands): (room: string, count: number) => Promise<Numbers> {
  async function numbersOf(counts: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, Numbers>> {
    const [first] = counts;
    if (first === undefined || counts.size > 1) return many(counts);
    return new Map([[first[0], await one(...first)]]);
  }

  async function allocateAll(allocations: readonly Allocation[]): Promise<Promise<Numbers>[]> {
    const shares = new Map<string, Share>();
    const parts = allocations.map(({ room, count }) => {
      const share = shares.get(room) ?? { total: 0, got: undefined };
      shares.set(room, share);
      share.total += count;
      return { share, end: share.total };
    });
    const found = await numbersOf(new Map([...shares].map(([room, { total }]) => [room, total])));
    for (const [room, share] of shares) share.got = found.get(room) ?? one(room, share.total);
    return parts.map(async ({ share, end }) => {
      const got = (await share.got) as Numbers;
      return { ...got, top: got.top - share.total + end };
    });
  }

  const allocate = mergeCalls(allocateAll, { limit: COMMAND_ALLOCATIONS, size: () => 1 });
  return (room, count) => allocate({ room, count });
}
