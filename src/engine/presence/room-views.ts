import type { NodeState } from "../membership/node-roll.js";
import type { Outage } from "../membership/outage.js";
import type { Clock } from "../rooms/ports.js";
import { RoomUnavailable } from "../rooms/ports.js";
import type { PresenceLimits } from "./limits.js";
import type { PresenceEntry } from "./presence-store.js";
import type { ReadRoom } from "./room-reader.js";
import { announce, blankView, presenceOf, type RoomView } from "./room-view.js";
import type { PresenceChange, RoomPresence, RoomUsers } from "./types.js";

export interface RoomViewsDeps {
  readonly read: ReadRoom;
  readonly clock: Pick<Clock, "now">;
  readonly outage: Outage;
  /** Makes sure that the states of these nodes are known. */
  readonly meet: (nodes: readonly string[]) => Promise<void>;
  readonly state: (node: string) => NodeState;
  /** This worker's own users, which need no store. */
  readonly local: (room: string) => RoomUsers;
  readonly isOwn: (node: string) => boolean;
  /** This worker's connections that watch the room. */
  readonly watchers: (room: string) => number;
  readonly deliver: (change: PresenceChange) => void;
}

/** What this worker knows about the rooms that are watched here or were asked for. */
export interface RoomViews {
  /** Who is in the room. @throws {RoomUnavailable} when that cannot be found out. */
  query(room: string): Promise<RoomPresence>;
  /**
   * Calls `reply` with the list that the following events go on from, in one tick with the last look at it: the caller
   * joins the watcher in it. @throws {RoomUnavailable}
   */
  watch(room: string, reply: (list: RoomPresence) => void): Promise<void>;
  /** Local users of the rooms have changed. */
  localChanged(rooms: readonly string[]): void;
  /** The nodes have changed their states. */
  nodesChanged(nodes: ReadonlySet<string>): void;
  /** Other workers' entries of the rooms, or of all, may have changed. */
  outdate(rooms?: readonly string[]): void;
  /** Reads again what is watched and stale or older than `maxAgeMs`, and forgets what is not used. */
  refresh(maxAgeMs: number): void;
}

type ViewLimits = Pick<PresenceLimits, "freshMs" | "lingerMs" | "listedUsers" | "openRooms">;

export function createRoomViews(deps: RoomViewsDeps, limits: ViewLimits): RoomViews {
  const { clock, outage, state, watchers } = deps;
  const views = new Map<string, RoomView>();

  function open(room: string): RoomView {
    const view = views.get(room) ?? blankView(room);
    if (!views.has(room) && views.size >= limits.openRooms) closeSpare();
    views.set(room, view);
    view.usedAtMs = clock.now();
    return view;
  }

  function closeSpare(): void {
    for (const room of views.keys()) {
      if (watchers(room) > 0) continue;
      views.delete(room);
      return;
    }
    throw new RoomUnavailable("overloaded");
  }

  function partsOf(view: RoomView, counts: (state: NodeState) => boolean): RoomUsers[] {
    const others = [...view.entries.values()].filter(({ node }) => counts(state(node)));
    return [deps.local(view.room), ...others];
  }

  function tell(view: RoomView): void {
    const change = announce(view, partsOf(view, isNotDead), limits.listedUsers);
    if (change !== undefined && watchers(view.room) > 0) deps.deliver(change);
  }

  async function readEntries(view: RoomView): Promise<void> {
    const startedAtMs = clock.now();
    view.stale = false;
    try {
      const found = (await deps.read(view.room)).filter(({ node }) => !deps.isOwn(node));
      await deps.meet(found.map(({ node }) => node));
      view.entries = new Map(found.map((entry): [string, PresenceEntry] => [entry.node, entry]));
      view.readAtMs = startedAtMs;
      outage.worked("read");
    } catch (error) {
      view.stale = true;
      if (error instanceof RoomUnavailable) throw error;
      outage.failed("read", error);
      throw new RoomUnavailable("unreadable");
    }
    tell(view);
  }

  function read(view: RoomView): Promise<void> {
    view.reading ??= readEntries(view).finally(() => {
      view.reading = undefined;
    });
    return view.reading;
  }

  async function fresh(room: string): Promise<RoomView> {
    const view = open(room);
    if (view.stale || clock.now() - view.readAtMs >= limits.freshMs) await read(view);
    return view;
  }

  function isIdle(view: RoomView): boolean {
    return watchers(view.room) === 0 && clock.now() - view.usedAtMs >= limits.lingerMs;
  }

  return {
    query: async (room) => presenceOf(partsOf(await fresh(room), isAlive), limits.listedUsers),
    async watch(room, reply) {
      let view = await fresh(room);
      // It may have been closed meanwhile, and another one opened: the one that stays gives the answer.
      for (
        let current = views.get(room);
        current !== undefined && current !== view;
        current = views.get(room)
      )
        view = await fresh(room);
      views.set(room, view);
      tell(view);
      reply({ users: [...view.announced.users], count: view.announced.count });
    },
    localChanged(rooms) {
      for (const room of rooms) {
        const view = views.get(room);
        if (view !== undefined && Number.isFinite(view.readAtMs)) tell(view);
      }
    },
    nodesChanged(nodes) {
      for (const view of views.values()) {
        if ([...nodes].some((node) => view.entries.has(node))) tell(view);
      }
    },
    outdate(rooms = [...views.keys()]) {
      for (const room of rooms) {
        const view = views.get(room);
        if (view !== undefined) view.stale = true;
      }
    },
    refresh(maxAgeMs) {
      for (const view of views.values()) {
        if (isIdle(view)) views.delete(view.room);
        else if (watchers(view.room) > 0 && (view.stale || clock.now() - view.readAtMs >= maxAgeMs))
          read(view).catch(() => {}); // told by the outage, and tried again at the next call
      }
    },
  };
}

function isAlive(state: NodeState): boolean {
  return state === "alive";
}

function isNotDead(state: NodeState): boolean {
  return state !== "dead";
}
