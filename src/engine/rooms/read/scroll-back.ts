import { numbers } from "../../../contract/sizes.js";
import { type HistoryPage, toWire } from "../../../contract/types.js";
import type { RoomLimits } from "../limits.js";
import { type Clock, RoomUnavailable } from "../ports.js";
import type { HoleFiller } from "../write/hole-filler.js";
import type { HistoryReader } from "./history-reader.js";
import type { LogView } from "./log-view.js";
import type { Room } from "./room.js";

/** How often a page is read while what it lacks is being decided. */
const READS = 4;

interface PageRequest {
  readonly before?: number | undefined;
  readonly limit?: number | undefined;
}

/**
 * Reads the page below `before`, or the newest one. It never shows more than the live readers have passed, and never
 * passes a number that is not decided, so that two readers cannot see two histories.
 */
export type ScrollBack = (room: Room, request: PageRequest) => Promise<HistoryPage>;

export function createScrollBack(
  deps: { readonly reader: HistoryReader; readonly filler: HoleFiller; readonly clock: Clock },
  limits: Pick<
    RoomLimits,
    "pageMessages" | "pageBytes" | "rewindMessages" | "gapMs" | "fillNumbers" | "openNumbers"
  >,
): ScrollBack {
  const { reader, filler, clock } = deps;

  /** Undefined: the room has another log. */
  async function pageOf(view: LogView, { before, limit }: PageRequest): Promise<HistoryPage | undefined> {
    const end = Math.max(1, Math.min(before ?? Infinity, view.last + 1));
    const messages = Math.max(1, Math.min(limit ?? limits.rewindMessages, limits.pageMessages));
    const page = (entries: Parameters<typeof toWire>[0], after: number): HistoryPage => ({
      epoch: view.epoch,
      after,
      to: end - 1,
      messages: toWire(entries),
      more: after > view.floor,
    });

    for (let attempt = 1; attempt <= READS; attempt += 1) {
      const read = await reader.before(view, end, { messages, bytes: limits.pageBytes });
      if (read === undefined) return undefined;
      const { entries, more } = read;
      const lowest = Math.max(more ? (entries[0]?.seq ?? 1) : 1, view.floor + 1);
      const kept = entries.filter((entry) => entry.seq >= lowest);
      if (kept.length === Math.max(0, end - lowest)) return page(kept, Math.min(lowest, end) - 1);
      const floor = (await reader.heads([view.room])).get(view.room)?.floor ?? 0;
      if (floor > view.floor) view.raiseFloor(floor);
      else if (attempt === 1) await clock.sleep(limits.gapMs);
      else {
        const there = new Set(kept.map((entry) => entry.seq));
        const missing = numbers(lowest, end - 1, limits.openNumbers).filter((seq) => !there.has(seq));
        await filler.fill(view, missing.slice(0, limits.fillNumbers));
      }
    }
    throw new RoomUnavailable("unreadable");
  }

  return async (room, request) => {
    for (;;) {
      const page = await pageOf(await room.ready, request);
      if (page !== undefined) return page;
      await room.verify();
    }
  };
}
