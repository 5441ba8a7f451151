import type { RoomLimits } from "../limits.js";
import type { Clock, RoomBus } from "../ports.js";

/**
 * Calls `sweep`, which must not reject: the next one begins at most `sweepMs` after the last one has ended, at most
 * `sweepDownMs` after it while the bus is known to be down, and at once when the bus is back. One at a time.
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
