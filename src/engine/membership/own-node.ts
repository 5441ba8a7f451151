import type { Clock } from "../rooms/ports.js";
import type { MembershipLimits } from "./limits.js";
import type { InstanceAddress, MembershipStore } from "./membership-store.js";
import type { Outage } from "./outage.js";

export interface OwnNodeDeps {
  readonly store: Pick<MembershipStore, "enroll" | "beat" | "markGone">;
  readonly clock: Clock;
  readonly outage: Outage;
  /** A new random id. */
  readonly newId: () => string;
  /** Its instance's address, if it has one. */
  readonly peer: InstanceAddress | undefined;
  /**
   * The node has a record: what is written under its id counts from now on. Nothing of it is written yet. Under the
   * former id, if there was one, nothing counts any more.
   */
  readonly onEnrolled: (id: string, former: string | undefined) => void;
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
  limits: Pick<MembershipLimits, "beatMs" | "goodbyeMs">,
): OwnNode {
  const { store, clock, outage } = deps;
  let id = deps.newId();
  let former: string | undefined;
  let enrolled = false;
  let stopped = false;
  let cancel = (): void => {};

  async function enroll(): Promise<void> {
    await store.enroll(id, deps.peer);
    if (stopped) return;
    enrolled = true;
    deps.onEnrolled(id, former);
  }

  async function live(): Promise<void> {
    if (!enrolled) return await enroll();
    if (await store.beat(id)) return;
    former = id;
    enrolled = false;
    id = deps.newId();
    await enroll();
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
