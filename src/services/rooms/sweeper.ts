import type { Clock } from "./clock.js";
import type { RoomLimits } from "./limits.js";
import type { RoomBus } from "./room-store.js";

/**
 * Calls `sweep`, which must not reject, every `sweepMs`; every `sweepDownMs` while the bus is down; and at once when it
 * is back. One at a time.
 */
export function createSweeper(
  deps: {
    readonly bus: Pick<RoomBus, "isUp" | "onReady">;
    readonly clock: Clock;
    readonly sweep: () => Promise<void>;
  },
  limits: Pick<RoomLimits, "sweepMs" | "sweepDownMs">,
) {
  const { bus, clock, sweep } = deps;
  let cancel = () => {};
  let offReady = () => {};
  let dueAtMs = 0;
  let running = false;
  let again = false;
  let stopped = false;

  function jittered(ms: number): number {
    return ms * (0.8 + 0.4 * clock.random());
  }

  /** Looks often, as the bus may go down at any time, and sweeps when it is due. */
  function tick(): void {
    if (!bus.isUp() || clock.now() >= dueAtMs) run();
    else cancel = clock.later(jittered(Math.min(limits.sweepDownMs, limits.sweepMs)), tick);
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
      cancel = clock.later(jittered(Math.min(limits.sweepDownMs, limits.sweepMs)), tick);
    });
  }

  return {
    start(): void {
      dueAtMs = clock.now() + jittered(limits.sweepMs);
      offReady = bus.onReady(run);
      tick();
    },
    stop(): void {
      stopped = true;
      offReady();
      cancel();
    },
  };
}
