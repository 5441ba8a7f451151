import { AppError } from "../../contract/errors.js";
import { messageKey, type RoomEntry } from "../../contract/types.js";
import type { Component } from "../process/lifecycle.js";
import { ROOM_LIMITS, type RoomLimits } from "./limits.js";
import { createRoomManagement, type RoomManagement } from "./management.js";
import {
  type Clock,
  type Deliver,
  type Report,
  type RoomBus,
  type RoomObserver,
  type RoomSpans,
  RoomUnavailable,
} from "./ports.js";
import { createClientGate } from "./read/client-gate.js";
import { createFollow, type Follow, type Subscribing } from "./read/follow.js";
import { createLiveRooms, type LiveRooms } from "./read/live-rooms.js";
import { createRoomChanges } from "./read/room-changes.js";
import type { LogName, RoomStore } from "./room-store.js";
import { createHoleFiller } from "./write/hole-filler.js";
import { type Append, createRoomLog } from "./write/room-log.js";

export interface RoomsDeps {
  readonly store: RoomStore;
  readonly bus: RoomBus;
  readonly clock: Clock;
  /** Sends an event to this worker's sockets in the room, at once and only to them (`io.local.to(room).emit`). */
  readonly deliver: Deliver;
  /** Sockets of this worker that are in the room. */
  readonly members: (room: string) => number;
  /** Told about failures that were dealt with. */
  readonly report: Report;
  readonly observer?: RoomObserver | undefined;
  /** Absent where no traces are made. */
  readonly spans?: RoomSpans | undefined;
}

/** Durable ordered rooms in one worker. Errors for clients are `AppError`s; those of the store come as `temporary`. */
export interface Rooms
  extends Component,
    Pick<LiveRooms, "subscribe" | "read" | "scrollBack">,
    RoomManagement {
  /** See `RoomLog`. */
  endSoon(): void;
  /** See `RoomLog.append`. */
  publish(request: Append): Promise<number[]>;
  readonly follow: Follow;
  readonly openRooms: number;
}

/** `start` listens to the bus and begins to sweep; `stop` first lets commits end, so sockets should be open till then. */
export function createRooms(deps: RoomsDeps, limits: RoomLimits = ROOM_LIMITS): Rooms {
  const { store, bus, clock, members, report, observer, spans } = deps;
  // A failed delivery or bus event is a gap that readers repair; it must not make a commit look failed.
  function guard(what: string, task: () => void): void {
    try {
      task();
    } catch (error) {
      report(what, error);
    }
  }
  const changes = createRoomChanges();
  const deliver: Deliver = (batch) => {
    guard("deliver", () => deps.deliver(batch));
    changes.changed(batch.room);
  };

  /** Where the write path meets the read path: what is stored here goes to this worker's readers and to the bus. */
  function onStored(stored: LogName, entries: readonly RoomEntry[]): void {
    spans?.stored(stored, entries);
    guard("live", () => live.offer(stored, entries));
    guard("bus", () => bus.publish(stored, entries));
  }
  const filler = createHoleFiller({ store, clock, onStored });
  const log = createRoomLog({ store, filler, clock, onStored, report, spans }, limits);
  const live = createLiveRooms({ store, bus, filler, clock, deliver, report, observer, members }, limits);
  const gate = createClientGate(limits.subscribesOfClient);
  const management = createRoomManagement({ store, live, onStored });
  let offMessages = () => {};
  let stopping: Promise<void> | undefined;

  /** Of what nobody waits for any more no failure is told. */
  async function readable<T>(task: () => Promise<T>, over?: AbortSignal): Promise<T> {
    try {
      return await task();
    } catch (error) {
      if (error instanceof AppError) throw error;
      if (over?.aborted !== true) report("read", error);
      throw new RoomUnavailable("unreadable");
    }
  }

  /** What the task throws is not the store's. */
  async function hold(
    room: string,
    opener: string | undefined,
    over: AbortSignal,
    task: () => Promise<void>,
  ): Promise<void> {
    let outcome = Promise.resolve();
    await readable(
      () =>
        live.hold(room, opener, async () => {
          outcome = task();
          await outcome.catch(() => {});
        }),
      over,
    );
    await outcome;
  }

  function append(request: Append): Promise<number[]> {
    if (spans === undefined) return log.append(request);
    const { room, from, messages } = request;
    return spans.publish(
      messages.map(({ id }) => messageKey({ room, from, id })),
      () => log.append(request),
    );
  }

  async function publish(request: Append): Promise<number[]> {
    const startedAt = clock.now();
    const seqs = await append(request);
    observer?.published(clock.now() - startedAt);
    return seqs;
  }

  async function stop(): Promise<void> {
    await log.stop();
    offMessages();
    live.stop();
  }

  // Outside of `readable`, which says what is a failure of the store.
  const subscribe: Subscribing = (request, reply, opener, over) =>
    gate.run(opener, () => readable(() => live.subscribe(request, reply, opener), over));

  return {
    name: "rooms",
    async start() {
      offMessages = bus.onMessages(live.offer);
      live.start();
    },
    stop() {
      stopping ??= stop();
      return stopping;
    },
    endSoon: log.endSoon,
    publish,
    subscribe: (request, reply, opener) => subscribe(request, reply, opener),
    follow: createFollow({ hold, subscribe, changes, clock }),
    read: (request) => readable(() => live.read(request)),
    scrollBack: (request) => readable(() => live.scrollBack(request)),
    list: (request) => readable(() => management.list(request)),
    state: (room) => readable(() => management.state(room)),
    states: (rooms) => readable(() => management.states(rooms)),
    since: (room, seq, atMost) => readable(() => management.since(room, seq, atMost)),
    end: (room) => readable(() => management.end(room)),
    get openRooms() {
      return live.openRooms;
    },
  };
}
