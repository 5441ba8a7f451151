import type { Clock } from "../rooms/ports.js";
import type { PresenceLimits } from "./limits.js";
import type { NodeRoll } from "./node-roll.js";
import type { Outage } from "./outage.js";
import type { PresenceStore } from "./presence-store.js";

export interface CleanerDeps {
  readonly store: Pick<PresenceStore, "remove" | "clear" | "strays">;
  readonly clock: Pick<Clock, "now" | "random">;
  readonly outage: Outage;
  readonly roll: NodeRoll;
}

/** Removes what dead workers have left. Every worker does it for all, and they may do it at once. */
export interface Cleaner {
  /** Never rejects; returns at once while an earlier call is at it. */
  clean(): Promise<void>;
}

export function createCleaner(deps: CleanerDeps, limits: Pick<PresenceLimits, "strayMs">): Cleaner {
  const { store, clock, outage, roll } = deps;
  let cleaning = false;
  let straysDueAtMs = clock.now() + jittered();

  function jittered(): number {
    return limits.strayMs * (0.8 + 0.4 * clock.random());
  }

  /** The record goes first: one that wakes must find it missing, or it would believe that its entries are there. */
  async function removeExpired(): Promise<void> {
    for (const { id, beat } of roll.expired(clock.now())) {
      if (await store.remove(id, beat)) await store.clear([id]);
    }
  }

  /** What is left when a cleaner ended between the two, or a node wrote after it was removed. */
  async function removeStrays(): Promise<void> {
    if (clock.now() < straysDueAtMs) return;
    straysDueAtMs = clock.now() + jittered();
    const strays = await store.strays();
    if (strays.length > 0) await store.clear(strays);
  }

  return {
    async clean() {
      if (cleaning) return;
      cleaning = true;
      try {
        await removeExpired();
        await removeStrays();
        outage.worked("clean");
      } catch (error) {
        outage.failed("clean", error);
      }
      cleaning = false;
    },
  };
}
