import { numbers } from "../../../contract/sizes.js";
import type { RoomLimits } from "../limits.js";
import type { Clock, Report, RoomObserver } from "../ports.js";
import type { RoomHead } from "../room-store.js";
import type { HoleFiller } from "../write/hole-filler.js";
import type { GapRepair } from "./gap-repair.js";
import type { HistoryReader } from "./history-reader.js";
import type { OpenRoom } from "./room.js";

export interface SweepDeps {
  readonly reader: HistoryReader;
  readonly repair: GapRepair;
  readonly filler: HoleFiller;
  readonly clock: Clock;
  readonly report: Report;
  readonly observer?: RoomObserver | undefined;
  /** Gives the room a new view because its log is another one. */
  readonly restart: (room: OpenRoom) => Promise<void>;
}

/**
 * The backstop: finds out, for all open rooms in one query per `sweepRooms`, what the bus did not tell, and pulls it.
 * Never rejects; a room that fails does not keep the others from their turn.
 */
export function createSweep(
  deps: SweepDeps,
  limits: Pick<RoomLimits, "sweepRooms" | "holeMs" | "fillNumbers">,
) {
  const { reader, repair, filler, clock, report, restart, observer } = deps;

  async function check(room: OpenRoom, head: RoomHead): Promise<void> {
    const { view } = room;
    if (view === undefined || room.closed) return;
    if (view.epoch !== head.epoch) return await restart(room);
    view.floor = Math.max(view.floor, head.floor);
    const { last } = view.cursor;
    if (head.seq > last) await repair.pull(room);
    if (view.cursor.last > last) observer?.repaired();
    if (room.view !== view || room.closed) return;
    // Nothing is left to be read there: the log was trimmed down to its end.
    if (head.floor > view.cursor.last) repair.skipTrimmed(room, view, head.floor);
    await mendTail(room, head);
    repair.watch(room);
  }

  /** Numbers handed out with nothing behind them: no reader stumbles over them, so their time is taken here. */
  async function mendTail(room: OpenRoom, head: RoomHead): Promise<void> {
    const { view } = room;
    const cursor = view?.cursor;
    if (view === undefined || cursor === undefined || cursor.last >= head.seq || cursor.waiting > 0) {
      room.tail = undefined;
      return;
    }
    const { tail } = room;
    if (tail === undefined || tail.seq !== head.seq || tail.after !== cursor.last) {
      room.tail = { seq: head.seq, after: cursor.last, sinceMs: clock.now() };
      return;
    }
    if (clock.now() - tail.sinceMs < limits.holeMs) return;
    await filler.fill(view, numbers(cursor.last + 1, head.seq, limits.fillNumbers));
    await repair.pull(room);
  }

  return async (rooms: readonly OpenRoom[]): Promise<void> => {
    for (let start = 0; start < rooms.length; start += limits.sweepRooms) {
      const part = rooms.slice(start, start + limits.sweepRooms);
      const heads = await reader.heads(part.map((room) => room.name)).catch((error: unknown) => {
        report("sweep", error);
        return new Map<string, RoomHead>();
      });
      await Promise.all(
        part.map(async (room) => {
          const head = heads.get(room.name);
          if (head === undefined) return;
          await check(room, head).catch((error: unknown) => report("sweep of a room", error));
        }),
      );
    }
  };
}
