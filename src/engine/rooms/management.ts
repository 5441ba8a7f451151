import type { RoomEntry } from "../../contract/types.js";
import type { LiveRooms } from "./read/live-rooms.js";
import type { LogName, RoomHead, RoomStore } from "./room-store.js";

/** A durable room and where its log stands. */
export interface RoomState extends RoomHead {
  readonly room: string;
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

export function createRoomManagement({ store, live, onStored }: ManagementDeps): RoomManagement {
  async function state(room: string): Promise<RoomState | undefined> {
    const head = (await store.heads([room])).get(room);
    return head === undefined ? undefined : { room, ...head };
  }

  return {
    async list({ prefix, after = "", limit }) {
      const names = await store.names(after, limit, prefix);
      const heads = await store.heads(names);
      return names.flatMap((room) => {
        const head = heads.get(room);
        return head === undefined ? [] : [{ room, ...head }];
      });
    },
    state,
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
