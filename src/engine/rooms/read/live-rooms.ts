import type { HistoryPage, RoomEntry, SubscribeRequest, Subscription } from "../../../contract/types.js";
import type { RoomLimits } from "../limits.js";
import type { LogName, RoomStore } from "../room-store.js";
import { createReadDecided } from "./abandoned.js";
import { createGapRepair, type RepairDeps } from "./gap-repair.js";
import { createRingFamily } from "./message-ring.js";
import { createOpenRooms } from "./open-rooms.js";
import { type Offer, type OpenRoom, passOn, readView } from "./room.js";
import { createScrollBack } from "./scroll-back.js";
import { createSubscribe } from "./subscribe.js";
import { createSweep } from "./sweep.js";

export interface RelayDeps extends RepairDeps {
  readonly store: Pick<RoomStore, "create" | "date">;
  /** Sockets of this worker that get the live events of the room; 0 lets the room be closed. */
  readonly members: (room: string) => number;
}

/** One worker's readers: makes of an unordered lossy bus one complete ordered stream per room for local sockets. */
export interface RoomRelay {
  /**
   * Committed entries, from this worker's log or from the bus, in any order and as often as they come. Those of another log
   * than the room's are dropped, and the store is asked at once which of the two is the room's.
   */
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
  /** Closes idle rooms and looks for lost tails in the others. Never rejects. */
  sweep(): Promise<void>;
  /** Forgets all rooms and cancels all timers. */
  close(): void;
  readonly openRooms: number;
}

export function createRoomRelay(deps: RelayDeps, limits: RoomLimits): RoomRelay {
  const { reader, store, clock, deliver, report, members, observer } = deps;
  const rings = createRingFamily(limits);
  const repair = createGapRepair({ ...deps, replaced: doubt }, limits);
  /** Rooms that are being looked at, and whether they are to be looked at again. */
  const doubts = new Map<OpenRoom, boolean>();
  const restarts = new Map<OpenRoom, Promise<void>>();
  const viewOf = (name: string) => readView({ reader, store, rings }, name, limits);
  const readDecided = createReadDecided({ ...deps, readView: viewOf }, limits);
  const rooms = createOpenRooms({ clock, members, readView: viewOf, readDecided, opened }, limits);

  function take(room: OpenRoom, offer: Offer): void {
    const { view } = room;
    if (view === undefined) {
      const free = limits.bufferedMessages - countOf(room.early);
      if (free > 0) room.early.push({ ...offer, entries: offer.entries.slice(0, free) });
    } else if (offer.epoch === view.epoch) {
      passOn(room, view.cursor.take(offer.entries), deliver, limits);
      repair.watch(room);
    } else {
      observer?.refused();
      doubt(room);
    }
  }

  function opened(room: OpenRoom): void {
    const early = room.early;
    room.early = [];
    for (const offer of early) take(room, offer);
    repair.watch(room);
    // Some may have found no place there.
    if (countOf(early) >= limits.bufferedMessages) {
      repair.pull(room).catch((error: unknown) => report("opening a room", error));
    }
  }

  /** The log was replaced, by an operator's restore: members learn it from an event of the new epoch. */
  async function readAnew(room: OpenRoom): Promise<void> {
    const old = room.view;
    const view = await viewOf(room.name);
    if (room.closed || room.view !== old || view.epoch === old?.epoch) return view.ring.clear();
    old?.ring.clear();
    room.view = view;
    room.ready = Promise.resolve(view);
    room.gap = undefined;
    room.tail = undefined;
    const { last } = view.cursor;
    deliver({ room: room.name, epoch: view.epoch, after: last, to: last, messages: [] });
    // What the bus brought during the read went to the old view.
    await repair.pull(room);
    repair.watch(room);
  }

  function restart(room: OpenRoom): Promise<void> {
    const current = restarts.get(room) ?? readAnew(room).finally(() => restarts.delete(room));
    restarts.set(room, current);
    return current;
  }

  async function verify(room: OpenRoom): Promise<void> {
    const head = (await reader.heads([room.name])).get(room.name);
    if (head?.epoch !== room.view?.epoch) await restart(room);
  }

  /** Either the entries or the view are of a replaced log. One look at a time, however many entries come. */
  function doubt(room: OpenRoom): void {
    const isLooking = doubts.has(room);
    doubts.set(room, isLooking);
    if (isLooking) return;
    verify(room)
      .catch((error: unknown) => report("another log", error))
      .finally(() => {
        const again = doubts.get(room) === true && !room.closed;
        doubts.delete(room);
        if (again) doubt(room);
      });
  }

  /** Reading makes no record: anybody may ask for any name, and records stay. */
  async function look<T>(name: string, task: (room: OpenRoom) => Promise<T>): Promise<T | undefined> {
    const known = rooms.get(name) !== undefined || (await reader.heads([name])).has(name);
    return known ? await rooms.look(name, task) : undefined;
  }

  async function scrollBackIn(
    room: OpenRoom,
    request: Parameters<typeof scrollBack>[1],
  ): Promise<HistoryPage> {
    const page = await scrollBack(await room.ready, request);
    if (page !== undefined) return page;
    await verify(room);
    return scrollBackIn(room, request);
  }

  const sweep = createSweep({ ...deps, repair, restart }, limits);
  const subscribe = createSubscribe({ ...deps, repair, verify }, limits);
  const scrollBack = createScrollBack(deps, limits);

  return {
    offer({ room: name, epoch }, entries) {
      const room = rooms.get(name);
      if (room !== undefined) take(room, { epoch, entries });
    },
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
    scrollBack: (request) => look(request.room, (room) => scrollBackIn(room, request)),
    sweep() {
      rooms.closeIdle();
      return sweep(rooms.all());
    },
    close: () => rooms.closeAll(),
    get openRooms() {
      return rooms.all().length;
    },
  };
}

function countOf(offers: readonly Offer[]): number {
  return offers.reduce((sum, { entries }) => sum + entries.length, 0);
}
