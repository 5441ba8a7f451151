import { numbers } from "../../../contract/sizes.js";
import { isTombstone, type RoomEntry } from "../../../contract/types.js";
import type { RoomLimits } from "../limits.js";
import { type Report, RoomUnavailable } from "../ports.js";
import type { RoomStore } from "../room-store.js";
import type { HoleFiller } from "../write/hole-filler.js";
import type { HeldBytes } from "./held-bytes.js";
import type { HistoryReader } from "./history-reader.js";
import { LogView } from "./log-view.js";
import type { RingFamily } from "./message-ring.js";
import { createRoomCursor } from "./room-cursor.js";

/** Reads where the log of a room stands. */
export type ReadView = (room: string) => Promise<LogView>;

/**
 * The cursor starts below the first number missing among the newest ones: its message may be on its way, and those who
 * join now must see it. It never starts at the counter, which is ahead of the log.
 */
export function createReadView(
  deps: {
    readonly reader: HistoryReader;
    readonly store: Pick<RoomStore, "create">;
    readonly rings: RingFamily;
    readonly held: HeldBytes;
  },
  limits: Pick<RoomLimits, "bufferedMessages" | "openNumbers" | "ringMessages" | "ringBytes">,
): ReadView {
  const { reader, store, rings, held } = deps;
  const tailLimit = { messages: limits.ringMessages, bytes: limits.ringBytes };

  return async (room) => {
    let head = (await reader.heads([room])).get(room);
    if (head === undefined) {
      await store.create(room);
      head = (await reader.heads([room])).get(room);
    }
    const tail = head && (await reader.before({ room, epoch: head.epoch }, Infinity, tailLimit));
    // A log that is being replaced at this moment is complete when the client asks again.
    if (head === undefined || tail === undefined) throw new RoomUnavailable("unreadable");

    const { epoch, floor } = head;
    const top = Math.max(floor, tail.entries.at(-1)?.seq ?? 0);
    const lowest = Math.max(floor + 1, top - limits.openNumbers + 1);
    const recent = numbers(lowest, top, limits.openNumbers);
    const inTail = new Set(tail.entries.map((entry) => entry.seq));
    const unknown = recent.filter((seq) => !inTail.has(seq));
    const taken = unknown.length > 0 ? await reader.bySlots(room, unknown) : new Set<number>();
    const hole = unknown.find((seq) => !taken.has(seq));

    const cursor = createRoomCursor(hole === undefined ? top : hole - 1, limits.bufferedMessages, held);
    const ring = rings.createRing();
    ring.push(contiguousEnd(tail.entries.filter(({ seq }) => seq > floor && seq <= cursor.last)));
    cursor.take(tail.entries);
    return new LogView({ room, epoch }, floor, cursor, ring);
  };
}

function contiguousEnd(entries: readonly RoomEntry[]): readonly RoomEntry[] {
  let start = entries.length - 1;
  while (start > 0 && entries[start - 1]?.seq === (entries[start]?.seq ?? 0) - 1) start -= 1;
  return entries.slice(Math.max(0, start));
}

/** How often a room is read while what it lacks is being decided. */
const READS = 4;

/**
 * The same for a reader that only looks. Such a one cannot watch a hole for its time, so numbers that are missing for
 * long already are declared unused: a number is older than those above it, and a message tells when it got its own, by
 * the store's clock.
 */
export function createReadDecided(
  deps: {
    readonly reader: Pick<HistoryReader, "after">;
    readonly store: Pick<RoomStore, "date">;
    readonly filler: HoleFiller;
    readonly report: Report;
    readonly readView: ReadView;
  },
  limits: Pick<RoomLimits, "pageBytes" | "holeMs" | "fillNumbers">,
): ReadView {
  const { reader, store, filler, report, readView } = deps;

  /** True when the view is worth reading again. */
  async function declareAbandoned(view: LogView): Promise<boolean> {
    const { last, waiting } = view;
    if (waiting === 0) return false;
    const page = await reader.after(view, last, { messages: limits.fillNumbers, bytes: limits.pageBytes });
    if (page === undefined) return false;
    const before = (await store.date()) - limits.holeMs;
    const above = page.entries.findLast((entry) => !isTombstone(entry) && entry.at <= before);
    if (above === undefined) return false;
    const there = new Set(page.entries.map(({ seq }) => seq));
    const missing = numbers(last + 1, above.seq - 1, limits.fillNumbers).filter((seq) => !there.has(seq));
    await filler.fill(view, missing);
    return missing.length > 0;
  }

  /** The reader gets less, then. */
  function notDeclared(error: unknown): boolean {
    report("abandoned numbers", error);
    return false;
  }

  return async (room) => {
    for (let reads = 1; ; reads += 1) {
      const view = await readView(room);
      if (reads === READS || !(await declareAbandoned(view).catch(notDeclared))) return view;
      view.release();
    }
  };
}
