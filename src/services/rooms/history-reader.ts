import { RoomUnavailable } from "./errors.js";
import type { RoomLimits } from "./limits.js";
import type { RoomStore, StoredPage } from "./room-store.js";

/** The reads of the store that readers of rooms make. */
export type HistoryReader = Pick<RoomStore, "after" | "before" | "heads" | "bySlots" | "holds">;

/**
 * Bounds how many reads run at once, so that a crowd that resumes cannot keep the store from its writes, and lets
 * callers that ask for the same page share one read, as thousands do after a worker has died.
 * @throws {RoomUnavailable} `overloaded`, from every method, when too many reads are waiting.
 */
export function createHistoryReader(
  store: HistoryReader,
  limits: Pick<RoomLimits, "reads" | "waitingReads">,
): HistoryReader {
  const shared = new Map<string, Promise<StoredPage>>();
  const turns: (() => void)[] = [];
  let running = 0;

  async function inTurn<T>(read: () => Promise<T>): Promise<T> {
    if (running >= limits.reads) {
      if (turns.length >= limits.waitingReads) throw new RoomUnavailable("overloaded");
      await new Promise<void>((resolve) => turns.push(resolve));
    } else {
      running += 1;
    }
    try {
      return await read();
    } finally {
      // The place is handed over, so that a newcomer cannot slip in between.
      const next = turns.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  }

  function share(key: string, read: () => Promise<StoredPage>): Promise<StoredPage> {
    const result = shared.get(key) ?? inTurn(read).finally(() => shared.delete(key));
    shared.set(key, result);
    return result;
  }

  return {
    after: (room, seq, limit) => {
      const key = JSON.stringify([room, seq, limit.messages, limit.bytes]);
      return share(key, () => store.after(room, seq, limit));
    },
    // The others are asked for what is true now; an answer to an earlier question would not do.
    before: (room, seq, limit) => inTurn(() => store.before(room, seq, limit)),
    heads: (rooms) => inTurn(() => store.heads(rooms)),
    bySlots: (room, seqs) => inTurn(() => store.bySlots(room, seqs)),
    holds: (room, seq) => inTurn(() => store.holds(room, seq)),
  };
}
