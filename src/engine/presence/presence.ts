import type { Membership } from "../membership/membership.js";
import type { RollChange } from "../membership/node-roll.js";
import type { Outage } from "../membership/outage.js";
import type { Component } from "../process/lifecycle.js";
import type { Clock } from "../rooms/ports.js";
import { createCleaner } from "./cleaner.js";
import { PRESENCE_LIMITS, type PresenceLimits } from "./limits.js";
import { createLocalMembers } from "./local-members.js";
import type { PresenceBus, PresenceStore } from "./presence-store.js";
import { createRoomReader } from "./room-reader.js";
import { createRoomViews, type RoomViews } from "./room-views.js";
import type { PresenceChange } from "./types.js";
import { createWriter } from "./writer.js";

export interface PresenceDeps {
  readonly store: PresenceStore;
  readonly bus: PresenceBus;
  /** Who else is there; starts before the presence and stops after it. */
  readonly members: Pick<Membership, "enrolled" | "state" | "meet" | "listen">;
  readonly clock: Clock;
  readonly outage: Outage;
  /** This worker's connections that watch the room. */
  readonly watchers: (room: string) => number;
  /** Sends the event to those. */
  readonly deliver: (change: PresenceChange) => void;
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
  /** Connections that end after this call end because the worker does: their users stay its users until the worker is out of the membership. */
  freeze(): void;
}

/** `start` must come before connections, and `stop` after the last one is closed. */
export function createPresence(deps: PresenceDeps, limits: PresenceLimits = PRESENCE_LIMITS): Presence {
  const { store, clock, outage, members } = deps;
  const local = createLocalMembers(limits.listedUsers);
  const bus: PresenceBus = { ...deps.bus, tellRooms: (rooms) => tell(() => deps.bus.tellRooms(rooms)) };
  const cleaner = createCleaner({ store, clock, outage }, limits);
  const views = createRoomViews(
    {
      ...deps,
      deliver: (change) => tell(() => deps.deliver(change)),
      read: createRoomReader(store, limits),
      meet: members.meet,
      state: members.state,
      local: local.of,
      isOwn: (id) => id === members.enrolled(),
    },
    limits,
  );
  const writer = createWriter(
    { ...deps, bus, members: local, nodeId: members.enrolled, onChanged: views.localChanged },
    limits,
  );
  let cancelHints: (() => void) | undefined;
  let offs: (() => void)[] = [];
  let frozen = false;

  /** What fails here is told again by the next read, and must not end the process. */
  function tell(task: () => void): void {
    try {
      task();
      outage.worked("tell");
    } catch (error) {
      outage.failed("tell", error);
    }
  }

  function onEnrolled(_id: string, former: string | undefined): void {
    writer.restart();
    if (former !== undefined) cleaner.clear(former);
  }

  function onChanged({ nodes, newcomers }: RollChange): void {
    if (newcomers) outdate();
    views.nodesChanged(nodes);
  }

  function onLooked(): void {
    refresh();
    cleaner.clean();
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

  return {
    name: "presence",
    async start() {
      const hear = { enrolled: onEnrolled, changed: onChanged, looked: onLooked, removed: cleaner.clear };
      offs = [bus.onRooms(outdate), bus.onReady(() => outdate()), members.listen(hear)];
    },
    async stop() {
      frozen = true;
      for (const off of offs.splice(0)) off();
      cancelHints?.();
      writer.stop();
    },
    enter(room, connection, user) {
      if (!frozen && local.enter(room, connection, user)) writer.touch(room);
    },
    exit(room, connection) {
      if (!frozen && local.exit(room, connection)) writer.touch(room);
    },
    freeze() {
      frozen = true;
    },
    query: views.query,
    watch: views.watch,
  };
}
