import { entryBytes } from "../../contract/sizes.js";
import { isTombstone, messageKey, type RoomEntry, tombstoneKey } from "../../contract/types.js";
import type { PageLimit, StoredPage } from "../rooms/room-store.js";
import type { RoomEntryRecord } from "./models/room-entry.js";

/** The document that stands for an entry. */
export function recordOf(entry: RoomEntry): RoomEntryRecord {
  const { room, seq } = entry;
  const at = new Date(entry.at);
  if (isTombstone(entry)) return { _id: tombstoneKey(entry), room, seq, at };
  return {
    _id: messageKey(entry),
    room,
    seq,
    at,
    id: entry.id,
    from: entry.from,
    body: JSON.stringify(entry.body),
  };
}

/** The entry that a document stands for. */
export function entryOf({ room, seq, at, id, from, body }: RoomEntryRecord): RoomEntry {
  if (id === undefined || from === undefined || body === undefined) {
    return { room, seq, at: at.getTime(), void: true };
  }
  return { room, seq, at: at.getTime(), id, from, body: JSON.parse(body) };
}

/** Reads so many documents at most, in the page's order, beyond a number. Who leaves the loop ends the query. */
type Query = (beyond: number, count: number) => AsyncIterable<RoomEntryRecord>;

/** Documents that are read before it is known how large they are. */
const FIRST = 32;
/** By how much more are read at a time, at most: what follows may be larger. */
const GROWTH = 2;

/**
 * Reads entries in the query's order up to the limit; the first one always, however large. What does not fit on the page is hardly read: a
 * cursor without a count would fetch 101 documents, which with large messages are 25 pages. With messages of megabytes the database's own bound of what it sends
 * at once, 16 MiB, is what holds, so that no query is read to its end before its documents are looked at.
 */
export async function readPage(query: Query, start: number, limit: PageLimit): Promise<StoredPage> {
  const entries: RoomEntry[] = [];
  let bytes = 0;
  for (let count = Math.min(FIRST, limit.messages + 1); ; ) {
    let found = 0;
    for await (const record of query(entries.at(-1)?.seq ?? start, count)) {
      found += 1;
      const entry = entryOf(record);
      bytes += entryBytes(entry);
      const full = entries.length === limit.messages || bytes > limit.bytes;
      if (full && entries.length > 0) return { entries, more: true };
      entries.push(entry);
    }
    if (found < count) return { entries, more: false };
    count = nextCount(entries.length, bytes, limit);
  }
}

/** As many as fill the page when they are as large as those so far, and one more than asked for, which tells whether there is more. */
function nextCount(read: number, bytes: number, limit: PageLimit): number {
  const fitting = Math.ceil((limit.bytes - bytes) / (bytes / read)) + 1;
  return Math.max(1, Math.min(fitting, read * GROWTH, limit.messages + 1 - read));
}
