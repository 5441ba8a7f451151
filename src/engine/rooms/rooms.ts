import { AppError } from "../../contract/errors.js";
import type { Component } from "../process/lifecycle.js";
import { ROOM_LIMITS, type RoomLimits } from "./limits.js";
import {
  type Clock,
  type Deliver,
  type Report,
  type RoomBus,
  type RoomObserver,
  RoomUnavailable,
} from "./ports.js";
import { createHistoryReader } from "./read/history-reader.js";
import { createRoomRelay, type RoomRelay } from "./read/live-rooms.js";
import { createSweeper } from "./read/sweeper.js";
import type { RoomStore } from "./room-store.js";
import { createHoleFiller, type OnStored } from "./write/hole-filler.js";
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
}

/** Durable ordered rooms in one worker. Errors for clients are `AppError`s; those of the store come as `temporary`. */
export interface Rooms extends Component, Pick<RoomRelay, "subscribe" | "read" | "scrollBack"> {
  /** See `RoomLog.append`. */
  publish(request: Append): Promise<number[]>;
  readonly openRooms: number;
}

/** `start` listens to the bus and begins to sweep; `stop` first lets commits end, so sockets should be open till then. */
export function createRooms(deps: RoomsDeps, limits: RoomLimits = ROOM_LIMITS): Rooms {
  const { store, bus, clock, members, report, observer } = deps;
  const guard = (what: string, task: () => void): void => {
    try {
      task();
    } catch (error) {
      report(what, error);
    }
  };
  // A failed delivery or bus event is a gap that readers repair; it must not make a commit look failed.
  const deliver: Deliver = (batch) => guard("deliver", () => deps.deliver(batch));
  const onStored: OnStored = (stored, entries) => {
    guard("relay", () => relay.offer(stored, entries));
    guard("bus", () => bus.publish(stored, entries));
  };
  const filler = createHoleFiller({ store, clock, onStored });
  const reader = createHistoryReader(store, limits);
  const log = createRoomLog({ store, filler, clock, onStored, report }, limits);
  const relay = createRoomRelay({ reader, store, filler, clock, deliver, report, observer, members }, limits);
  const sweeper = createSweeper({ bus, clock, sweep: relay.sweep }, limits);
  let offMessages = () => {};
  let stopping: Promise<void> | undefined;

  async function readable<T>(task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } catch (error) {
      if (error instanceof AppError) throw error;
      report("read", error);
      throw new RoomUnavailable("unreadable");
    }
  }

  async function publish(request: Append): Promise<number[]> {
    const startedAt = clock.now();
    const seqs = await log.append(request);
    observer?.published(clock.now() - startedAt);
    return seqs;
  }

  async function stop(): Promise<void> {
    await log.stop();
    offMessages();
    sweeper.stop();
    relay.close();
  }

  return {
    name: "rooms",
    async start() {
      offMessages = bus.onMessages(relay.offer);
      sweeper.start();
    },
    stop() {
      stopping ??= stop();
      return stopping;
    },
    publish,
    subscribe: (request, reply, opener) => readable(() => relay.subscribe(request, reply, opener)),
    read: (request) => readable(() => relay.read(request)),
    scrollBack: (request) => readable(() => relay.scrollBack(request)),
    get openRooms() {
      return relay.openRooms;
    },
  };
}
