import type { Outage } from "../membership/outage.js";
import type { Clock } from "../rooms/ports.js";
import type { PresenceLimits } from "./limits.js";
import type { PresenceStore } from "./presence-store.js";

export interface CleanerDeps {
  readonly store: Pick<PresenceStore, "clear" | "strays">;
  readonly clock: Pick<Clock, "now" | "random">;
  readonly outage: Outage;
}

/** Removes what dead workers have left. Every worker does it for all, and they may do it at once. */
export interface Cleaner {
  /** The entries of this node go: its record has gone, so that one that wakes does not believe that they are there. */
  clear(node: string): void;
  /** Goes on with what could not be removed, and looks for strays when it is time. */
  clean(): void;
}

export function createCleaner(deps: CleanerDeps, limits: Pick<PresenceLimits, "strayMs">): Cleaner {
  const { store, clock, outage } = deps;
  /** Nodes whose entries are to go. */
  const remains = new Set<string>();
  let cleaning = false;
  let straysDueAtMs = clock.now() + jittered();

  function jittered(): number {
    return limits.strayMs * (0.8 + 0.4 * clock.random());
  }

  async function clearRemains(): Promise<void> {
    while (remains.size > 0) {
      const nodes = [...remains];
      await store.clear(nodes);
      for (const node of nodes) remains.delete(node);
    }
  }

  /** What is left when a worker ended before it cleared, or a node wrote after it was removed. */
  async function clearStrays(): Promise<void> {
    if (clock.now() < straysDueAtMs) return;
    straysDueAtMs = clock.now() + jittered();
    const strays = await store.strays();
    if (strays.length > 0) await store.clear(strays);
  }

  /** Never rejects; returns at once while an earlier call is at it. */
  async function clean(): Promise<void> {
    if (cleaning) return;
    cleaning = true;
    try {
      await clearRemains();
      await clearStrays();
      outage.worked("clean");
    } catch (error) {
      outage.failed("clean", error);
    }
    cleaning = false;
  }

  return {
    clear(node) {
      remains.add(node);
      void clean();
    },
    clean: () => void clean(),
  };
}
