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

/** What a page is read from; closing it early spares the rest of the query. */
interface Cursor extends AsyncIterable<RoomEntryRecord> {
  limit(count: number): Cursor;
  close(): Promise<void>;
}

/** Reads entries in the cursor's order up to the limit; the first one always, however large. */
export async function readPage(cursor: Cursor, limit: PageLimit): Promise<StoredPage> {
  const entries: RoomEntry[] = [];
  let bytes = 0;
  try {
    // One more than asked for tells whether there is more.
    for await (const record of cursor.limit(limit.messages + 1)) {
      const entry = entryOf(record);
      bytes += entryBytes(entry);
      const full = entries.length === limit.messages || bytes > limit.bytes;
      if (full && entries.length > 0) return { entries, more: true };
      entries.push(entry);
    }
    return { entries, more: false };
  } finally {
    await cursor.close();
  }
}
