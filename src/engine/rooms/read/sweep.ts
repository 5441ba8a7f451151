import type { RoomLimits } from "../limits.js";
import type { Clock, Report, RoomBus } from "../ports.js";
import type { RoomHead } from "../room-store.js";
import type { HistoryReader } from "./history-reader.js";
import type { OpenRooms } from "./open-rooms.js";

export interface SweepDeps {
  readonly rooms: OpenRooms;
  readonly reader: Pick<HistoryReader, "heads">;
  readonly bus: Pick<RoomBus, "isUp" | "onReady">;
  readonly clock: Clock;
  readonly report: Report;
}

export interface Sweep {
  start(): void;
  stop(): void;
}

/**
 * The backstop: closes idle rooms and finds out for all others, in one query per `sweepRooms`, what the bus did not tell.
 * One at a time: the next one begins at most `sweepMs` after the last one has ended, at most `sweepDownMs` after it while
 * the bus is known to be down, and at once when the bus is back.
 */
export function createSweep(
  deps: SweepDeps,
  limits: Pick<RoomLimits, "sweepMs" | "sweepDownMs" | "sweepRooms">,
): Sweep {
  const { rooms, reader, bus, clock, report } = deps;
  let cancel = () => {};
  let offReady = () => {};
  let dueAtMs = 0;
  let running = false;
  let again = false;
  let stopped = false;

  /** Never rejects; a room that fails does not keep the others from their turn. */
  async function sweep(): Promise<void> {
    rooms.closeIdle();
    const all = rooms.all();
    for (let start = 0; start < all.length; start += limits.sweepRooms) {
      const part = all.slice(start, start + limits.sweepRooms);
      const heads = await reader.heads(part.map((room) => room.name)).catch((error: unknown) => {
        report("sweep", error);
        return new Map<string, RoomHead>();
      });
      await Promise.all(
        part.map(async (room) => {
          const head = heads.get(room.name);
          if (head === undefined) return;
          await room.catchUp(head).catch((error: unknown) => report("sweep of a room", error));
        }),
      );
    }
  }

  /** Never longer than `ms`, which is a bound that others rely on. */
  function jittered(ms: number): number {
    return ms * (0.7 + 0.3 * clock.random());
  }

  /** Looks often, as the bus may go down at any time, and no later than the next sweep is due. */
  function look(): void {
    cancel = clock.later(Math.min(jittered(limits.sweepDownMs), dueAtMs - clock.now()), tick);
  }

  function tick(): void {
    if (!bus.isUp() || clock.now() >= dueAtMs) run();
    else look();
  }

  function run(): void {
    cancel();
    again = running;
    if (running || stopped) return;
    running = true;
    void sweep().finally(() => {
      running = false;
      if (stopped) return;
      if (again) return run();
      dueAtMs = clock.now() + jittered(limits.sweepMs);
      look();
    });
  }

  return {
    start() {
      dueAtMs = clock.now() + jittered(limits.sweepMs);
      offReady = bus.onReady(run);
      tick();
    },
    stop() {
      stopped = true;
      offReady();
      cancel();
    },
  };
}
