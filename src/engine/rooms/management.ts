import { isTombstone, type RoomEntry, toWire, type WireMessage } from "../../contract/types.js";
import type { LiveRooms } from "./read/live-rooms.js";
import type { LogName, RoomHead, RoomStore } from "./room-store.js";

/** A durable room and where its log stands. */
export interface RoomState extends RoomHead {
  readonly room: string;
}

/** What there is in a room for somebody who knows a part of it. */
export interface Since {
  readonly count: number;
  readonly last: WireMessage | undefined;
}

/** What is done with rooms from outside of them. */
export interface RoomManagement {
  /** At most `limit` rooms above `after` in the order of their names, of those that begin with `prefix`. */
  list(request: {
    readonly prefix?: string | undefined;
    readonly after?: string | undefined;
    readonly limit: number;
  }): Promise<readonly RoomState[]>;
  /** Undefined when the room was never used. */
  state(room: string): Promise<RoomState | undefined>;
  /** The same of at most 1000 rooms, by name, without those that were never used. */
  states(rooms: readonly string[]): Promise<ReadonlyMap<string, RoomState>>;
  /** How many messages are above the number, counted up to `atMost`, and the newest of the room, which may be below it. */
  since(room: string, seq: number, atMost: number): Promise<Since>;
  /**
   * Ends the room's log and begins another one: all messages are gone, numbers go on, and subscribers begin afresh. Undefined when
   * the room was never used. What is being stored meanwhile is refused as `temporary`, or ends with the log.
   */
  end(room: string): Promise<RoomState | undefined>;
}

export interface ManagementDeps {
  readonly store: RoomStore;
  readonly live: Pick<LiveRooms, "verify">;
  /** Tells this worker's readers and the others. */
  readonly onStored: (log: LogName, entries: readonly RoomEntry[]) => void;
}

const NEWEST = { messages: 1, bytes: 1 };
/** Entries of a read that passes over tombstones. */
const MANY = { messages: 500, bytes: 64 * 1024 };

export function createRoomManagement({ store, live, onStored }: ManagementDeps): RoomManagement {
  async function states(rooms: readonly string[]): Promise<ReadonlyMap<string, RoomState>> {
    const heads = await store.heads(rooms);
    return new Map([...heads].map(([room, head]) => [room, { room, ...head }]));
  }

  async function state(room: string): Promise<RoomState | undefined> {
    return (await states([room])).get(room);
  }

  /** Tombstones are passed over. */
  async function newest(room: string): Promise<WireMessage | undefined> {
    for (let before = Number.POSITIVE_INFINITY, limit = NEWEST; ; limit = MANY) {
      const { entries, more } = await store.before(room, before, limit);
      const message = entries.findLast((entry) => !isTombstone(entry));
      if (message !== undefined) return toWire([message])[0];
      if (!more) return undefined;
      before = entries[0]?.seq ?? 0;
    }
  }

  return {
    async list({ prefix, after = "", limit }) {
      const names = await store.names(after, limit, prefix);
      const found = await states(names);
      return names.flatMap((room) => found.get(room) ?? []);
    },
    state,
    states,
    async since(room, seq, atMost) {
      const counted = atMost === 0 ? 0 : store.count(room, seq, atMost); // MongoDB takes 0 for no bound
      const [count, last] = await Promise.all([counted, newest(room)]);
      return { count, last };
    },
    async end(room) {
      // A fail-over may have set the counter back, and nothing of the old log may be above the floor.
      const newest = (await store.before(room, Number.POSITIVE_INFINITY, NEWEST)).entries[0];
      if (newest !== undefined) await store.raise(room, newest.seq);
      const head = await store.replace(room);
      if (head === undefined) return undefined;
      // No entry: the name of the log is the news, whoever misses it finds out by its sweep.
      onStored({ room, epoch: head.epoch }, []);
      await live.verify(room);
      await store.deleteUpTo(room, head.floor);
      return { room, ...head };
    },
  };
}
