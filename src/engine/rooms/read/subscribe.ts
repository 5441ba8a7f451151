import { numbers } from "../../../contract/sizes.js";
import { type RoomEntry, type SubscribeRequest, type Subscription, toWire } from "../../../contract/types.js";
import type { RoomLimits } from "../limits.js";
import type { Clock, Report } from "../ports.js";
import type { LogName } from "../room-store.js";
import type { HoleFiller } from "../write/hole-filler.js";
import type { HistoryReader } from "./history-reader.js";
import type { LogView } from "./log-view.js";
import type { Room } from "./room.js";

export interface SubscribeDeps {
  readonly reader: HistoryReader;
  readonly filler: HoleFiller;
  readonly clock: Clock;
  readonly report: Report;
}

type SubscribeLimits = Pick<
  RoomLimits,
  "pageMessages" | "pageBytes" | "rewindMessages" | "gapMs" | "fillNumbers"
>;

/** How often a page is read while what it lacks is being decided. */
const READS = 4;

/**
 * Answers one `subscribe`. `reply` is called exactly once, in the same tick as the last look at the cursor: a caller
 * that joins the socket to the room and sends the answer in it leaves no moment in which an event could be missed.
 * An answer may carry a few more messages than `limit`, so that a busy room can be caught up with.
 */
export type Subscribe = (room: Room, request: SubscribeRequest, reply: Reply) => Promise<void>;

type Reply = (answer: Subscription) => void;

export function createSubscribe(deps: SubscribeDeps, limits: SubscribeLimits): Subscribe {
  const { reader, filler, clock, report } = deps;

  function resetOf(view: LogView): Subscription {
    return { reset: true, epoch: view.epoch, floor: view.floor, to: view.last };
  }

  /** Entries that follow `start` without a gap, or the floor when `start` lies below it; undefined when the log is another. */
  async function readPage(
    log: LogName,
    start: number,
    messages: number,
  ): Promise<{ entries: readonly RoomEntry[]; floor: number } | undefined> {
    for (let attempt = 1; attempt <= READS; attempt += 1) {
      const page = await reader.after(log, start, { messages, bytes: limits.pageBytes });
      if (page === undefined) return undefined;
      const run = contiguous(page.entries, start);
      if (run.length > 0) return { entries: run, floor: 0 };
      const floor = (await reader.heads([log.room])).get(log.room)?.floor ?? 0;
      const next = page.entries[0];
      if (floor > start || next === undefined) return { entries: [], floor };
      // The cursor has passed this hole, so its number was abandoned, unless the read was a stale one.
      if (attempt === 1) await clock.sleep(limits.gapMs);
      else await filler.fill(log, numbers(start + 1, next.seq - 1, limits.fillNumbers));
    }
    return { entries: [], floor: 0 };
  }

  /**
   * Whether the log was ever that long. A worker that is behind does not know, so the store is asked; a number that is not
   * there may be the floor, whose entry retention has removed.
   */
  async function isReached(name: string, seq: number): Promise<boolean> {
    if (await reader.holds(name, seq)) return true;
    return (await reader.heads([name])).get(name)?.floor === seq;
  }

  /** False when the room has got another view meanwhile, and nothing was replied. */
  async function answer(room: Room, view: LogView, request: SubscribeRequest, reply: Reply) {
    const resuming = request.after !== undefined && request.epoch !== undefined;
    const limit =
      request.limit ?? (request.after === undefined ? limits.rewindMessages : limits.pageMessages);
    const messages = Math.min(limit, limits.pageMessages);
    let start = Math.max(request.after ?? view.last - messages, resuming ? 0 : view.floor, 0);
    let entries: readonly RoomEntry[] = [];
    let { floor } = view;
    let beyond = false;
    if (start > view.last) {
      // When this worker is behind, it is not the client's fault, and it drops the overlap.
      await room.pull().catch((error: unknown) => report("subscribe", error));
      beyond = start > view.last && !(await isReached(room.name, start));
    } else if (start >= floor && start < view.last && view.since(start) === undefined) {
      const page = await readPage(view, start, Math.max(1, messages));
      if (page === undefined) {
        await room.verify();
        return false;
      }
      ({ entries, floor } = page);
    }
    if (room.view !== view) return false;
    // From here to `reply` nothing may wait.
    view.raiseFloor(floor);
    if (beyond && resuming) {
      reply(resetOf(view));
      return true;
    }
    if (beyond) start = view.last;
    if (start < view.floor && entries.length === 0) {
      if (resuming) {
        reply(resetOf(view));
        return true;
      }
      start = view.floor;
    }
    const reached = entries.at(-1)?.seq ?? start;
    const rest = reached < view.last ? view.since(reached) : undefined;
    const to = rest?.at(-1)?.seq ?? reached;
    const wire = toWire(rest === undefined ? entries : [...entries, ...rest]);
    reply({ epoch: view.epoch, after: start, to, messages: wire, live: to >= view.last });
    return true;
  }

  return async (room, request, reply) => {
    if (request.epoch !== undefined && request.epoch !== room.view?.epoch) await room.verify();
    for (;;) {
      const view = await room.ready;
      if (request.epoch !== undefined && request.epoch !== view.epoch) return reply(resetOf(view));
      if (await answer(room, view, request, reply)) return;
    }
  };
}

function contiguous(entries: readonly RoomEntry[], after: number): readonly RoomEntry[] {
  let length = 0;
  while (entries[length]?.seq === after + length + 1) length += 1;
  return entries.slice(0, length);
}
