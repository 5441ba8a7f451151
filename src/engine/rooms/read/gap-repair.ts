import type { RoomLimits } from "../limits.js";
import type { Clock, Deliver, Report, RoomObserver } from "../ports.js";
import type { HoleFiller } from "../write/hole-filler.js";
import type { HistoryReader } from "./history-reader.js";
import { type OpenRoom, passOn, type RoomView } from "./room.js";

/** Longest wait between two looks at a hole, while the store answers and while it does not. */
const SLOWEST_POLL_MS = 250;
const SLOWEST_RETRY_MS = 1_000;

export type RepairLimits = Pick<
  RoomLimits,
  "gapMs" | "holeMs" | "fillNumbers" | "pageMessages" | "pageBytes"
>;

export interface RepairDeps {
  readonly reader: HistoryReader;
  readonly filler: HoleFiller;
  readonly clock: Clock;
  readonly deliver: Deliver;
  readonly report: Report;
  readonly observer?: RoomObserver | undefined;
}

export interface GapRepair {
  /** Sees to it that the store is asked soon when entries are missing. Cheap; call it after every change. */
  watch(room: OpenRoom): void;
  /** Reads the store from the cursor to its end; calls at the same time share one. Rejects when the store does. */
  pull(room: OpenRoom): Promise<void>;
  /** Moves the cursor over what retention has removed, and lets clients find out that they missed it. */
  skipTrimmed(room: OpenRoom, view: RoomView, floor: number): void;
}

export function createGapRepair(
  /** `replaced`: called when a read shows that the room has another log. */
  deps: RepairDeps & { readonly replaced: (room: OpenRoom) => void },
  limits: RepairLimits,
): GapRepair {
  const { reader, filler, clock, deliver, report, observer, replaced } = deps;
  const pageLimit = { messages: limits.pageMessages, bytes: limits.pageBytes };

  /** True when it stays so that entries are missing below some that are here. */
  function isBehind(view: RoomView): boolean {
    return view.cursor.waiting > 0 || view.cursor.overflowed;
  }

  function watch(room: OpenRoom): void {
    const { view } = room;
    if (room.closed || view === undefined || room.cancelTimer !== undefined || !isBehind(view)) return;
    const slowest = room.gap === undefined ? SLOWEST_RETRY_MS : SLOWEST_POLL_MS;
    const waitMs = Math.min(slowest, limits.gapMs * 2 ** room.polls);
    room.cancelTimer = clock.later(waitMs, () => {
      if (room.polls === 0 && room.view !== undefined && isBehind(room.view)) observer?.repaired();
      room.polls += 1;
      pull(room)
        .catch((error: unknown) => report("gap repair", error))
        .finally(() => {
          room.cancelTimer = undefined;
          watch(room);
        });
    });
  }

  function pull(room: OpenRoom): Promise<void> {
    room.pulling ??= readOn(room).finally(() => {
      room.pulling = undefined;
    });
    return room.pulling;
  }

  async function readOn(room: OpenRoom): Promise<void> {
    for (;;) {
      const { view } = room;
      if (view === undefined || room.closed) return;
      const { last } = view.cursor;
      view.cursor.clearOverflow();
      const page = await reader.after(view, last, pageLimit);
      if (room.closed || room.view !== view) continue;
      if (page === undefined) return replaced(room);
      passOn(room, view.cursor.take(page.entries), deliver, limits);
      if (page.more && view.cursor.last > last) continue;
      if (view.cursor.waiting === 0 || !(await mend(room, view))) return;
    }
  }

  /** Decides a hole that has been there long enough. True when it is worth reading again. */
  async function mend(room: OpenRoom, view: RoomView): Promise<boolean> {
    const { cursor } = view;
    if (room.gap === undefined || room.gap.after !== cursor.last) {
      // Workers that see the same hole should not all fill it in the same instant.
      const fillAtMs = clock.now() + limits.holeMs * (1 + 0.2 * clock.random());
      room.gap = { after: cursor.last, below: cursor.highest, fillAtMs };
      return false;
    }
    if (clock.now() < room.gap.fillAtMs) return false;
    const { below } = room.gap;
    const head = (await reader.heads([room.name])).get(room.name);
    if (room.closed || room.view !== view) return false;
    if (head !== undefined && head.epoch === view.epoch && head.floor > cursor.last) {
      skipTrimmed(room, view, head.floor);
      return true;
    }
    await fillUpTo(room, view, below);
    room.gap = undefined;
    return true;
  }

  /** All that is missing below has waited as long as its first number. Where a message was faster, it has to be read first. */
  async function fillUpTo(room: OpenRoom, view: RoomView, below: number): Promise<void> {
    for (;;) {
      const missing = view.cursor.missing(below, limits.fillNumbers);
      await filler.fill(view, missing);
      if (room.closed || room.view !== view || view.cursor.last < (missing.at(-1) ?? Infinity)) return;
    }
  }

  function skipTrimmed(room: OpenRoom, view: RoomView, floor: number): void {
    view.floor = Math.max(view.floor, floor);
    if (floor <= view.cursor.last) return;
    const run = view.cursor.skipTo(floor);
    view.ring.clear();
    room.gap = undefined;
    deliver({ room: room.name, epoch: view.epoch, after: floor, to: floor, messages: [] });
    passOn(room, run, deliver, limits);
  }

  return { watch, pull, skipTrimmed };
}
