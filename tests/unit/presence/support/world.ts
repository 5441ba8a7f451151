import { createMembership, type Membership } from "../../../../src/engine/membership/membership.js";
import type { InstanceAddress, MembershipBus } from "../../../../src/engine/membership/membership-store.js";
import { createOutage } from "../../../../src/engine/membership/outage.js";
import { PRESENCE_LIMITS, type PresenceLimits } from "../../../../src/engine/presence/limits.js";
import { createPresence, type Presence } from "../../../../src/engine/presence/presence.js";
import type { PresenceBus } from "../../../../src/engine/presence/presence-store.js";
import type { PresenceChange, RoomPresence } from "../../../../src/engine/presence/types.js";
import { compose } from "../../../../src/engine/process/lifecycle.js";
import { createMemoryStore, type Database, emptyDatabase, type MemoryStore } from "./memory-store.js";
import { createVirtualTime, type VirtualTime } from "./virtual-time.js";

/** What a worker does with what others tell. */
interface Hear {
  rooms(rooms: readonly string[]): void;
  gone(node: string): void;
}

/** One simulated worker. */
export interface TestWorker extends Presence, Pick<Membership, "nodeEnded" | "urlOf" | "locate" | "listen"> {
  readonly store: MemoryStore;
  /** Its present name among the nodes. */
  readonly node: string;
  /** What its watchers were told. */
  readonly events: PresenceChange[];
  /** What its outage reports said. */
  readonly reports: string[];
  /** Begins to watch as one connection would, and returns the list that the connection holds from then on. */
  follow(room: string): Promise<Set<string>>;
  /** SIGKILL. */
  kill(): void;
  /** SIGSTOP. */
  pause(): void;
  /** SIGCONT. */
  wake(): void;
  /** Ends as a worker that drains: freezes, loses its connections, says goodbye. */
  drain(): Promise<void>;
  /** The bus is heard again. */
  hearAgain(): void;
}

/** Workers that share a database and a bus. */
export interface World {
  readonly time: VirtualTime;
  readonly database: Database;
  /** What the bus does with hints. */
  bus: "carries" | "loses" | "is down" | "throws";
  start(limits?: Partial<PresenceLimits>, peer?: InstanceAddress): Promise<TestWorker>;
  /** Who is in the room, as this worker answers. */
  ask(worker: TestWorker, room: string): Promise<string[]>;
}

export function createWorld(random?: () => number): World {
  const time = createVirtualTime(random);
  const database = emptyDatabase();
  const listeners = new Map<object, Partial<Hear>>();
  const world: World = { time, database, bus: "carries", start, ask };
  let workers = 0;

  function carry(from: object, tell: (hear: Partial<Hear>) => void): void {
    if (world.bus === "throws") throw new Error("the bus is broken");
    if (world.bus !== "carries") return;
    for (const [to, hear] of listeners) if (to !== from) tell(hear);
  }

  function hearAs(self: object, part: Partial<Hear>): () => void {
    listeners.set(self, { ...listeners.get(self), ...part });
    return () => void listeners.delete(self);
  }

  function busFor(self: object, onReady: (handler: () => void) => void): PresenceBus & MembershipBus {
    return {
      tellRooms: (rooms) => carry(self, (hear) => hear.rooms?.(rooms)),
      tellGone: (node) => carry(self, (hear) => hear.gone?.(node)),
      onRooms: (rooms) => hearAs(self, { rooms }),
      onGone: (gone) => hearAs(self, { gone }),
      onReady(handler) {
        onReady(handler);
        return () => {};
      },
      isUp: () => world.bus !== "is down",
    };
  }

  async function start(limits: Partial<PresenceLimits> = {}, peer?: InstanceAddress): Promise<TestWorker> {
    workers += 1;
    const name = `w${workers}`;
    const { clock, pause, wake } = time.process(workers * 1e6);
    const store = createMemoryStore(database);
    const [events, reports]: [PresenceChange[], string[]] = [[], []];
    const followers = new Map<string, Set<string>[]>();
    const connections: [string, string][] = [];
    const self = {};
    let hearAgain = (): void => {};
    let lives = 0;
    let node = "";
    const bus = busFor(self, (handler) => {
      hearAgain = handler;
    });
    const outage = createOutage({
      failed: (error) => reports.push(String(error)),
      over: () => reports.push("over"),
    });
    const members = createMembership({
      ...{ store, bus, clock, outage, peer },
      newNodeId: () => `${name}.${++lives}`,
      onNodeId: (id) => {
        node = id;
      },
    });
    const presence = createPresence(
      {
        ...{ store, bus, members, clock, outage },
        watchers: (room) => followers.get(room)?.length ?? 0,
        deliver(change) {
          if (world.bus === "throws") throw new Error("the sockets are broken");
          events.push(change);
          for (const list of followers.get(change.room) ?? []) fold(list, change);
        },
      },
      { ...PRESENCE_LIMITS, ...limits },
    );
    const life = compose("worker", [members, presence]);

    async function follow(room: string): Promise<Set<string>> {
      const list = new Set<string>();
      await presence.watch(room, ({ users }) => {
        for (const user of users) list.add(user);
        followers.set(room, [...(followers.get(room) ?? []), list]);
      });
      return list;
    }

    function silence(): void {
      pause();
      listeners.delete(self);
    }

    await life.start();
    return {
      ...members,
      ...presence,
      ...life,
      store,
      events,
      reports,
      get node() {
        return node;
      },
      follow,
      enter(room, connection, user) {
        connections.push([room, connection]);
        presence.enter(room, connection, user);
      },
      kill: silence,
      pause,
      wake,
      async drain() {
        presence.freeze();
        for (const [room, connection] of connections) presence.exit(room, connection);
        await time.advance(500);
        const stopped = life.stop();
        await time.advance(0);
        await stopped;
      },
      hearAgain: () => hearAgain(),
    };
  }

  async function ask(worker: TestWorker, room: string): Promise<string[]> {
    const { users, count }: RoomPresence = await worker.query(room);
    expect(count).toBeGreaterThanOrEqual(users.length);
    return [...users].toSorted();
  }

  return world;
}

/** What a client makes of an event. */
function fold(list: Set<string>, { joined, left }: PresenceChange): void {
  for (const user of joined) {
    expect(list).not.toContain(user);
    list.add(user);
  }
  for (const user of left) {
    expect(list).toContain(user);
    list.delete(user);
  }
}
