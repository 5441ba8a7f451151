import type { Component } from "../../process/lifecycle.js";
import type { Clock } from "../../rooms/ports.js";
import type { RevocationObserver } from "./ports.js";
import type { RevocationStore } from "./revocation-store.js";

/** Removes what is over from time to time, ±20 %, so that workers do not do it together. A TTL index does nothing on the embedded engine. */
export function createEndedRevocations(
  store: Pick<RevocationStore, "removeEnded">,
  clock: Pick<Clock, "later" | "random">,
  observer: Pick<RevocationObserver, "notRemoved">,
  everyMs: number,
): Component {
  let cancel = (): void => {};
  let isStopped = false;

  async function remove(): Promise<void> {
    try {
      await store.removeEnded();
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
