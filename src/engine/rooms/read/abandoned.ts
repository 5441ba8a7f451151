import { numbers } from "../../../contract/sizes.js";
import { isTombstone } from "../../../contract/types.js";
import type { RoomLimits } from "../limits.js";
import type { Report } from "../ports.js";
import type { RoomStore } from "../room-store.js";
import type { HoleFiller } from "../write/hole-filler.js";
import type { HistoryReader } from "./history-reader.js";
import type { RoomView } from "./room.js";

export interface ReadDecidedDeps {
  readonly reader: Pick<HistoryReader, "after">;
  readonly store: Pick<RoomStore, "date">;
  readonly filler: HoleFiller;
  readonly report: Report;
  readonly readView: (room: string) => Promise<RoomView>;
}

/** How often a room is read while what it lacks is being decided. */
const READS = 4;

/**
 * Reads where the log stands for a reader that only looks. Such a one cannot watch a hole for its time, so numbers that are
 * missing for long already are declared unused: a number is older than those above it, and a message tells when it got its
 * own, by the store's clock.
 */
export function createReadDecided(
  { reader, store, filler, report, readView }: ReadDecidedDeps,
  limits: Pick<RoomLimits, "pageBytes" | "holeMs" | "fillNumbers">,
): (room: string) => Promise<RoomView> {
  /** True when the view is worth reading again. */
  async function declareAbandoned(view: RoomView): Promise<boolean> {
    const { last, waiting } = view.cursor;
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
      view.ring.clear();
    }
  };
}
