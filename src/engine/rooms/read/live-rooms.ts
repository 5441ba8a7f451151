import type { HistoryPage, RoomEntry, SubscribeRequest, Subscription } from "../../../contract/types.js";
import type { RoomLimits } from "../limits.js";
import type { RoomBus } from "../ports.js";
import type { LogName, RoomStore } from "../room-store.js";
import { HeldBytes } from "./held-bytes.js";
import { createHistoryReader } from "./history-reader.js";
import { createRingFamily } from "./message-ring.js";
import { createOpenRooms } from "./open-rooms.js";
import { createReadDecided, createReadView } from "./read-view.js";
import type { Room, RoomDeps } from "./room.js";
import { createScrollBack } from "./scroll-back.js";
import { createSubscribe } from "./subscribe.js";
import { createSweep } from "./sweep.js";

export interface LiveRoomsDeps extends Omit<RoomDeps, "reader" | "readView" | "held"> {
  readonly store: RoomStore;
  readonly bus: Pick<RoomBus, "isUp" | "onReady">;
  /** Sockets of this worker that get the live events of the room; 0 lets the room be closed. */
  readonly members: (room: string) => number;
}

/** The read path of one worker: live events for local sockets, and pages of history. */
export interface LiveRooms {
  /** Committed entries, from this worker's log or from the bus, in any order and as often as they come. */
  offer(log: LogName, entries: readonly RoomEntry[]): void;
  /** See `Subscribe`: `reply` joins the socket when the page is live, and sends it, without waiting in between. */
  subscribe(
    request: SubscribeRequest,
    reply: (answer: Subscription) => void,
    /** The client to whose share the room counts if it has to be opened, see `OpenRooms.use`. */
    opener?: string,
  ): Promise<void>;
  /** The page that `subscribe` would answer, for a reader that stays outside; undefined when the room has never been used. */
  read(request: SubscribeRequest): Promise<Subscription | undefined>;
  /** The page below `before`, or the newest; undefined when the room has never been used. */
  scrollBack(request: {
    readonly room: string;
    readonly before?: number | undefined;
    readonly limit?: number | undefined;
  }): Promise<HistoryPage | undefined>;
  /** Runs the task with the room open, as `OpenRooms.use`: this worker follows its log meanwhile. */
  hold<T>(room: string, opener: string | undefined, task: () => Promise<T>): Promise<T>;
  /** Looks whether this worker follows the room's log, and follows it from now on. Rejects when the store does. */
  verify(room: string): Promise<void>;
  /** Begins to sweep. */
  start(): void;
  /** Forgets all rooms and cancels all timers. */
  stop(): void;
  readonly openRooms: number;
}

export function createLiveRooms(given: LiveRoomsDeps, limits: RoomLimits): LiveRooms {
  const reader = createHistoryReader(given.store, limits);
  const held = new HeldBytes(limits.bufferedBytes);
  const readView = createReadView({ ...given, reader, held, rings: createRingFamily(limits) }, limits);
  const deps = { ...given, reader, held, readView };
  const rooms = createOpenRooms({ ...deps, readDecided: createReadDecided(deps, limits) }, limits);
  const sweep = createSweep({ ...deps, rooms }, limits);
  const subscribe = createSubscribe(deps, limits);
  const scrollBack = createScrollBack(deps, limits);

  /** Reading makes no record: anybody may ask for any name, and records stay. */
  async function look<T>(name: string, task: (room: Room) => Promise<T>): Promise<T | undefined> {
    const known = rooms.get(name) !== undefined || (await reader.heads([name])).has(name);
    return known ? await rooms.look(name, task) : undefined;
  }

  return {
    offer: ({ room, epoch }, entries) => rooms.get(room)?.offer(epoch, entries),
    subscribe: (request, reply, opener) =>
      rooms.use(request.room, opener, (room) => subscribe(room, request, reply)),
    read: (request) =>
      look(
        request.room,
        (room) =>
          new Promise<Subscription>((resolve, reject) => {
            subscribe(room, request, resolve).catch(reject);
          }),
      ),
    scrollBack: (request) => look(request.room, (room) => scrollBack(room, request)),
    hold: rooms.use,
    verify: async (room) => rooms.get(room)?.verify(),
    start: sweep.start,
    stop() {
      sweep.stop();
      rooms.closeAll();
    },
    get openRooms() {
      return rooms.size;
    },
  };
}
