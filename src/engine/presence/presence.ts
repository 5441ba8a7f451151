import type { Component } from "../process/lifecycle.js";
import type { Clock } from "../rooms/ports.js";
import { createCleaner } from "./cleaner.js";
import { PRESENCE_LIMITS, type PresenceLimits } from "./limits.js";
import { createLocalMembers } from "./local-members.js";
import { createNodeRoll } from "./node-roll.js";
import { createOutage, type OutageReport } from "./outage.js";
import { createOwnNode } from "./own-node.js";
import type { PresenceBus, PresenceStore } from "./presence-store.js";
import { createRoomReader } from "./room-reader.js";
import { createRoomViews, type RoomViews } from "./room-views.js";
import type { PresenceChange } from "./types.js";
import { createWriter } from "./writer.js";

export interface PresenceDeps {
  readonly store: PresenceStore;
  readonly bus: PresenceBus;
  readonly clock: Clock;
  /** A new random id for this worker; it has no "|" in it. */
  readonly newNodeId: () => string;
  /** Told the id under which the worker is known from now on, for whoever sees it end. */
  readonly onNodeId: (id: string) => void;
  /** This worker's connections that watch the room. */
  readonly watchers: (room: string) => number;
  /** Sends the event to those. */
  readonly deliver: (change: PresenceChange) => void;
  readonly report: OutageReport;
}

/**
 * Who is in a room, over all workers of all instances. Two views of it, with two bounds:
 * - the answer of `query` is exact: without the users of a worker that ended as soon as its end is known, which is at
 *   once when its primary or itself tells it and 12 s otherwise;
 * - what watchers are told keeps such users for `graceMs` more, so that those who come back on another worker neither
 *   leave nor join. The answer of `watch` is the beginning of that view. A worker that fell silent has had this time.
 * Nothing of it is in the way of the rooms: while the store is away, changes wait and questions are refused.
 */
export interface Presence extends Component, Pick<RoomViews, "query" | "watch"> {
  /** A connection to this worker is in the room. */
  enter(room: string, connection: string, user: string): void;
  /** A connection has left the room; without effect if it was not in it. */
  exit(room: string, connection: string): void;
  /** Connections that end after this call end because the worker does: their users stay its users until `stop` removes the worker. */
  freeze(): void;
  /** Another worker has ended. */
  nodeEnded(node: string): void;
}

/** `start` must come before connections, and `stop` after the last one is closed. */
export function createPresence(deps: PresenceDeps, limits: PresenceLimits = PRESENCE_LIMITS): Presence {
  const { store, clock } = deps;
  const members = createLocalMembers(limits.listedUsers);
  const outage = createOutage(deps.report);
  const bus: PresenceBus = {
    ...deps.bus,
    tellRooms: (rooms) => tell(() => deps.bus.tellRooms(rooms)),
    tellGone: (id) => tell(() => deps.bus.tellGone(id)),
  };
  const roll = createNodeRoll(limits);
  const cleaner = createCleaner({ store, clock, outage, roll }, limits);
  const node = createOwnNode({ ...deps, outage, newId: deps.newNodeId, onEnrolled }, limits);
  const views = createRoomViews(
    {
      ...deps,
      deliver: (change) => tell(() => deps.deliver(change)),
      outage,
      read: createRoomReader(store, limits),
      meet,
      state: (id) => roll.state(id, clock.now()),
      local: members.of,
      isOwn: (id) => id === node.enrolled(),
    },
    limits,
  );
  const writer = createWriter(
    { ...deps, bus, outage, members, nodeId: node.enrolled, onChanged: views.localChanged },
    limits,
  );
  let looking: Promise<void> | undefined;
  let cancelTick = (): void => {};
  let cancelHints: (() => void) | undefined;
  let offs: (() => void)[] = [];
  let frozen = false;
  let stopped = false;

  /** What fails here is told again by the next read, and must not end the process. */
  function tell(task: () => void): void {
    try {
      task();
      outage.worked("tell");
    } catch (error) {
      outage.failed("tell", error);
    }
  }

  function onEnrolled(id: string): void {
    deps.onNodeId(id);
    writer.restart();
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

  /** The first look may have begun too early to see them; whom the second one does not find is dead. */
  async function meet(nodes: readonly string[]): Promise<void> {
    for (let looks = 0; looks < 2 && !nodes.every(roll.knows); looks += 1) await look();
  }

  function settle(): void {
    const { nodes, newcomers } = roll.settle(clock.now());
    if (newcomers) outdate();
    if (nodes.size > 0) views.nodesChanged(nodes);
  }

  /** All rooms, or these, are to be read again soon. */
  function outdate(rooms?: readonly string[]): void {
    views.outdate(rooms);
    cancelHints ??= clock.later(limits.hintMs, () => {
      cancelHints = undefined;
      refresh();
    });
  }

  function refresh(): void {
    views.refresh(bus.isUp() ? limits.resyncMs : limits.resyncDownMs);
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
    refresh();
    void cleaner.clean();
    cancelTick = clock.later(limits.lookMs, () => void tick());
  }

  function markGone(id: string): void {
    roll.markGone(id, clock.now());
    settle();
  }

  async function nodeEnded(id: string): Promise<void> {
    markGone(id);
    try {
      if (await store.markGone(id)) bus.tellGone(id);
    } catch (error) {
      outage.failed("look", error); // the silence will tell
    }
  }

  return {
    name: "presence",
    async start() {
      offs = [bus.listen({ rooms: outdate, gone: markGone }), bus.onReady(() => outdate())];
      await node.start();
      await tick();
    },
    async stop() {
      stopped = true;
      frozen = true;
      for (const off of offs.splice(0)) off();
      cancelTick();
      cancelHints?.();
      writer.stop();
      await node.stop();
    },
    enter(room, connection, user) {
      if (!frozen && members.enter(room, connection, user)) writer.touch(room);
    },
    exit(room, connection) {
      if (!frozen && members.exit(room, connection)) writer.touch(room);
    },
    freeze() {
      frozen = true;
    },
    nodeEnded: (id) => void nodeEnded(id),
    query: views.query,
    watch: views.watch,
  };
}
