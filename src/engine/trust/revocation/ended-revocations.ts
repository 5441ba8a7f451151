import type { Component } from "../../process/lifecycle.js";
import type { Clock } from "../../rooms/ports.js";
import type { DatabaseClock } from "./database-clock.js";
import type { RevocationObserver } from "./ports.js";
import type { RevocationStore } from "./revocation-store.js";

/** What the removal needs. */
interface EndedRevocationsParts {
  readonly store: Pick<RevocationStore, "removeEnded">;
  readonly clock: Pick<Clock, "later" | "random">;
  readonly databaseClock: Pick<DatabaseClock, "overMs">;
  readonly observer: Pick<RevocationObserver, "notRemoved">;
}

/**
 * Removes what is over from time to time, ±20 %, so that workers do not do it together. A TTL index does nothing on the embedded engine, and
 * believes one clock. What was removed cannot be had back, so that where clocks are in doubt it stays.
 */
export function createEndedRevocations(parts: EndedRevocationsParts, everyMs: number): Component {
  const { store, clock, databaseClock, observer } = parts;
  let cancel = (): void => {};
  let isInDoubt = false;
  let isStopped = false;

  async function removeOver(): Promise<void> {
    const overMs = databaseClock.overMs();
    if (overMs !== undefined) await store.removeEnded(overMs);
    else if (!isInDoubt)
      observer.notRemoved(
        new Error("MongoDB's clock was set; they are kept until all tokens of before are over"),
      );
    isInDoubt = overMs === undefined;
  }

  async function remove(): Promise<void> {
    try {
      await removeOver();
    } catch (error) {
      if (!isStopped) observer.notRemoved(error);
    }
    schedule();
  }

  function schedule(): void {
    if (isStopped) return;
    cancel = clock.later(everyMs * (0.8 + 0.4 * clock.random()), () => void remove());
  }

  return {
    name: "removal of ended revocations",
    async start() {
      schedule();
    },
    async stop() {
      isStopped = true;
      cancel(); // what is under way ends by itself, and tells nobody
    },
  };
}
