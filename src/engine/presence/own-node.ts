import type { Clock } from "../rooms/ports.js";
import type { PresenceLimits } from "./limits.js";
import type { Outage } from "./outage.js";
import type { PresenceStore } from "./presence-store.js";

export interface OwnNodeDeps {
  readonly store: Pick<PresenceStore, "enroll" | "beat" | "clear" | "markGone">;
  readonly clock: Clock;
  readonly outage: Outage;
  /** A new random id. */
  readonly newId: () => string;
  /** The node has a record: what is written under its id counts from now on. Nothing of it is written yet. */
  readonly onEnrolled: (id: string) => void;
}

/** This worker's place among the nodes. Never rejects. */
export interface OwnNode {
  /** The id under which the worker is enrolled; undefined while it is not. */
  enrolled(): string | undefined;
  /** Enrolls and begins to beat. */
  start(): Promise<void>;
  /** Stops beating and says goodbye, within `goodbyeMs`. */
  stop(): Promise<void>;
}

/**
 * Beats as long as it runs. Whoever was taken for dead meanwhile, after a pause or an outage, finds its record gone and
 * comes back under a new id, as others may be about to remove all that they find under the old one.
 */
export function createOwnNode(
  deps: OwnNodeDeps,
  limits: Pick<PresenceLimits, "beatMs" | "goodbyeMs">,
): OwnNode {
  const { store, clock, outage } = deps;
  let id = deps.newId();
  let enrolled = false;
  let stopped = false;
  let cancel = (): void => {};

  async function enroll(): Promise<void> {
    await store.enroll(id);
    if (stopped) return;
    enrolled = true;
    deps.onEnrolled(id);
  }

  async function live(): Promise<void> {
    if (!enrolled) return await enroll();
    if (await store.beat(id)) return;
    const old = id;
    enrolled = false;
    id = deps.newId();
    await enroll();
    await store.clear([old]);
  }

  async function beat(): Promise<void> {
    cancel();
    try {
      await live();
      outage.worked("beat");
    } catch (error) {
      outage.failed("beat", error);
    }
    if (!stopped) cancel = clock.later(limits.beatMs, () => void beat());
  }

  return {
    enrolled: () => (enrolled ? id : undefined),
    start: beat,
    async stop() {
      if (stopped) return;
      stopped = true;
      cancel();
      // Without it others find out by the silence.
      await Promise.race([store.markGone(id).catch(() => {}), patience()]);
      cancel();
    },
  };

  function patience(): Promise<void> {
    return new Promise((resolve) => {
      cancel = clock.later(limits.goodbyeMs, resolve);
    });
  }
}
