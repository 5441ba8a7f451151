import type { Component } from "../process/lifecycle.js";
import type { Clock } from "./clock.js";
import type { Retention } from "./retention.js";

/** Time between two runs over all rooms, ±20 %, so that instances do not do it together. */
const INTERVAL_MS = 10 * 60_000;

/** Runs retention from time to time. A stop during a run ends it after the room at work. */
export function createRetentionJob(retention: Retention, clock: Clock): Component {
  let cancel = (): void => {};
  let running: Promise<void> = Promise.resolve();

  function schedule(): void {
    cancel = clock.later(INTERVAL_MS * (0.8 + 0.4 * clock.random()), () => {
      // Its rooms fail one by one, inside; what fails here is the list of rooms, and the next run tries again.
      running = retention.run().then(schedule, schedule);
    });
  }

  return {
    name: "room retention",
    async start() {
      schedule();
    },
    async stop() {
      retention.stop();
      cancel();
      await running;
      cancel();
    },
  };
}
