import type { Component } from "../process/lifecycle.js";
import type { Clock } from "../rooms/ports.js";
import { MEMBERSHIP_LIMITS, type MembershipLimits } from "./limits.js";
import type { InstanceAddress, MembershipBus, MembershipStore } from "./membership-store.js";
import { createNodeRoll, type NodeState, type RollChange } from "./node-roll.js";
import type { Outage } from "./outage.js";
import { createOwnNode } from "./own-node.js";

export interface MembershipDeps {
  readonly store: MembershipStore;
  readonly bus: MembershipBus;
  readonly clock: Clock;
  readonly outage: Outage;
  /** A new random id for this worker; it has no "|" in it. */
  readonly newNodeId: () => string;
  /** Told the id under which the worker is known from now on, for whoever sees it end. */
  readonly onNodeId: (id: string) => void;
  /** Where the other instances reach this one; undefined if they do not. */
  readonly peer: InstanceAddress | undefined;
}

/** What the membership tells those who rest on it. Must not throw. */
export interface MembershipEvents {
  /** This worker has a record under `id`, and nothing is written under it yet; what it wrote as `former` is remains. */
  enrolled(id: string, former: string | undefined): void;
  /** Nodes are in another state than before. */
  changed(change: RollChange): void;
  /** A look at all nodes has ended, successful or not; comes every `lookMs`. */
  looked(): void;
  /** This worker has removed the record of a dead node: what the node wrote is remains. */
  removed(id: string): void;
}

/**
 * Which workers of all instances are alive. Each has a record in which it counts its signs of life, and judges the
 * others by its own monotonic clock. A worker's end is known at once when its primary or itself tells it, and after 12 s
 * otherwise.
 */
export interface Membership extends Component {
  /** The id under which this worker is enrolled; undefined while it is not. */
  enrolled(): string | undefined;
  state(node: string): NodeState;
  /** Those that are alive, as a new look finds them. Rejects when the store is away. */
  alive(): Promise<readonly string[]>;
  /** Makes sure that the states of these nodes are known: who is not found is dead. Rejects when the store is away. */
  meet(nodes: readonly string[]): Promise<void>;
  /** Address of the instance with this key, as the last look has found it; costs no memory. */
  urlOf(key: string): string | undefined;
  /** Looks for an instance that is not known yet. All who look at the same time share one look at a time. Never rejects. */
  locate(key: string): Promise<void>;
  /** Another worker has ended. */
  nodeEnded(node: string): void;
  /** Begins to tell; the returned function ends it. */
  listen(hear: Partial<MembershipEvents>): () => void;
}

/** `start` must come before whoever rests on it, and `stop` after the last connection is closed. */
export function createMembership(
  deps: MembershipDeps,
  limits: MembershipLimits = MEMBERSHIP_LIMITS,
): Membership {
  const { store, bus, clock, outage } = deps;
  const listeners = new Set<Partial<MembershipEvents>>();
  const roll = createNodeRoll(limits);
  const node = createOwnNode({ ...deps, newId: deps.newNodeId, onEnrolled }, limits);
  let looking: Promise<void> | undefined;
  let removing = false;
  let cancelTick = (): void => {};
  let stopHearing = (): void => {};
  let stopped = false;

  function onEnrolled(id: string, former: string | undefined): void {
    deps.onNodeId(id);
    for (const hear of listeners) hear.enrolled?.(id, former);
  }

  function look(): Promise<void> {
    looking ??= store
      .nodes()
      .then((nodes) => roll.take(nodes, clock.now()))
      .finally(() => {
        looking = undefined;
      });
    return looking;
  }

  /** A look that was under way may have begun too early to see it; then there is another one. */
  async function lookFor(isKnown: () => boolean): Promise<void> {
    if (isKnown()) return;
    const underWay = looking !== undefined;
    await look();
    if (underWay && !isKnown()) await look();
  }

  function settle(): void {
    const change = roll.settle(clock.now());
    if (change.nodes.size === 0) return;
    for (const hear of listeners) hear.changed?.(change);
  }

  /** Every worker does it for all, and they may do it at once. One that wakes must find its record missing. */
  async function removeExpired(): Promise<void> {
    if (removing) return;
    removing = true;
    try {
      for (const { id, beat } of roll.expired(clock.now())) {
        if (!(await store.remove(id, beat))) continue;
        for (const hear of listeners) hear.removed?.(id);
      }
      outage.worked("remove");
    } catch (error) {
      outage.failed("remove", error);
    }
    removing = false;
  }

  async function tick(): Promise<void> {
    try {
      await look();
      outage.worked("look");
    } catch (error) {
      outage.failed("look", error);
    }
    if (stopped) return;
    settle();
    for (const hear of listeners) hear.looked?.();
    void removeExpired();
    cancelTick = clock.later(limits.lookMs, () => void tick());
  }

  function markGone(id: string): void {
    roll.markGone(id, clock.now());
    settle();
  }

  async function nodeEnded(id: string): Promise<void> {
    markGone(id);
    try {
      if (await store.markGone(id)) tellGone(id);
    } catch (error) {
      outage.failed("look", error); // the silence will tell
    }
  }

  function tellGone(id: string): void {
    try {
      bus.tellGone(id);
      outage.worked("tell");
    } catch (error) {
      outage.failed("tell", error);
    }
  }

  return {
    name: "membership",
    async start() {
      stopHearing = bus.onGone(markGone);
      await node.start();
      await tick();
    },
    async stop() {
      stopped = true;
      stopHearing();
      cancelTick();
      await node.stop();
    },
    enrolled: node.enrolled,
    state: (id) => roll.state(id, clock.now()),
    async alive() {
      if (looking !== undefined) await looking; // it may have begun before somebody enrolled
      await look();
      return roll.alive(clock.now());
    },
    meet: (nodes) => lookFor(() => nodes.every(roll.knows)),
    urlOf: roll.urlOf,
    locate: (key) => lookFor(() => roll.urlOf(key) !== undefined).catch(() => {}), // told by the next tick
    nodeEnded: (id) => void nodeEnded(id),
    listen(hear) {
      listeners.add(hear);
      return () => void listeners.delete(hear);
    },
  };
}
