import type { RoomLimits } from "../limits.js";
import { RoomUnavailable } from "../ports.js";
import type { LogName, PageLimit, RoomStore, StoredPage } from "../room-store.js";
import { createPlaces } from "./places.js";

/** The reads of the store that this one makes. */
export type HistoryStore = Pick<RoomStore, "after" | "before" | "heads" | "bySlots" | "holds">;

/**
 * The reads of the store that readers of rooms make. Entries do not say of which log they are, so a page costs a second
 * look at the room's record, after it: undefined says that the room has got another log, and the page may be of that one.
 */
export interface HistoryReader extends Pick<RoomStore, "heads" | "bySlots" | "holds"> {
  after(log: LogName, seq: number, limit: PageLimit): Promise<StoredPage | undefined>;
  before(log: LogName, seq: number, limit: PageLimit): Promise<StoredPage | undefined>;
}

/**
 * Bounds how many reads run at once, so that a crowd that resumes cannot keep the store from its writes, and lets
 * callers that ask for the same page share one read, as thousands do after a worker has died.
 * @throws {RoomUnavailable} `overloaded`, from every method, when too many reads are waiting.
 */
export function createHistoryReader(
  store: HistoryStore,
  limits: Pick<RoomLimits, "reads" | "waitingReads">,
): HistoryReader {
  const shared = new Map<string, Promise<StoredPage | undefined>>();
  const places = createPlaces(limits.reads);

  async function inTurn<T>(read: () => Promise<T>): Promise<T> {
    const isFull = places.running() >= limits.reads && places.waiting() >= limits.waitingReads;
    if (isFull) throw new RoomUnavailable("overloaded");
    return places.run(read);
  }

  async function sameLog(
    { room, epoch }: LogName,
    read: () => Promise<StoredPage>,
  ): Promise<StoredPage | undefined> {
    const page = await read();
    return (await store.heads([room])).get(room)?.epoch === epoch ? page : undefined;
  }

  function share(key: string, read: () => Promise<StoredPage | undefined>): Promise<StoredPage | undefined> {
    const result = shared.get(key) ?? inTurn(read).finally(() => shared.delete(key));
    shared.set(key, result);
    return result;
  }

  return {
    after: (log, seq, limit) => {
      const key = JSON.stringify([log.room, log.epoch, seq, limit.messages, limit.bytes]);
      return share(key, () => sameLog(log, () => store.after(log.room, seq, limit)));
    },
    // The other reads must be current; an answer to an earlier question would not do.
    before: (log, seq, limit) => inTurn(() => sameLog(log, () => store.before(log.room, seq, limit))),
    heads: (rooms) => inTurn(() => store.heads(rooms)),
    bySlots: (room, seqs) => inTurn(() => store.bySlots(room, seqs)),
    holds: (room, seq) => inTurn(() => store.holds(room, seq)),
  };
}
