import { publishRequest, subscribeRequest } from "../../../../src/app/rooms/rooms.schemas.js";
import { boundedJson } from "../../../../src/contract/bounded-json.js";
import { AppError } from "../../../../src/contract/errors.js";
import { namedRoom } from "../../../../src/contract/room-schemas.js";
import { parse } from "../../../../src/contract/validation.js";
import type { RoomLimits } from "../../../../src/engine/rooms/limits.js";
import type { RoomBus } from "../../../../src/engine/rooms/ports.js";
import { COALESCER_LIMITS, createFrameCoalescer } from "../../../../src/engine/rooms/read/frame-coalescer.js";
import type { RoomStore } from "../../../../src/engine/rooms/room-store.js";
import { createRooms, type Rooms } from "../../../../src/engine/rooms/rooms.js";
import type { ProcessClock } from "./virtual-time.js";

/** A client's connection as its worker sees it. */
export interface ServerSocket {
  readonly user: string;
  connected: boolean;
  readonly rooms: Set<string>;
  send(event: string, payload: object): void;
}

/** A process with the real rooms in it, and a gateway as thin as can be. */
export interface Worker {
  readonly clock: ProcessClock;
  readonly rooms: Rooms;
  accept(socket: ServerSocket): void;
  drop(socket: ServerSocket): void;
  handle(
    socket: ServerSocket,
    request: { readonly event: string; readonly payload: object },
    ack: (answer: object) => void,
  ): void;
}

export interface WorkerDeps {
  readonly clock: ProcessClock;
  readonly store: RoomStore;
  readonly bus: RoomBus;
  readonly limits: RoomLimits;
  readonly report: (what: string, error: unknown) => void;
  /** Local members from which on events are gathered. */
  readonly coalesceFrom: number;
  /** Time between an answer and the joining of the room, which should be one tick. */
  readonly joinDelayMs?: number | undefined;
}

export function createWorker({
  clock,
  store,
  bus,
  limits,
  report,
  coalesceFrom,
  joinDelayMs,
}: WorkerDeps): Worker {
  const sockets = new Set<ServerSocket>();
  const publishing = publishRequest({ body: boundedJson(1000), bodyBytes: 1000, ...limits });
  const inRoom = (room: string): ServerSocket[] => [...sockets].filter((socket) => socket.rooms.has(room));
  const members = (room: string): number => inRoom(room).length;
  const { deliver } = createFrameCoalescer(
    {
      clock,
      members,
      deliver: (batch) => {
        for (const socket of inRoom(batch.room)) socket.send("messages", batch);
      },
    },
    { ...COALESCER_LIMITS, members: coalesceFrom },
  );
  const rooms = createRooms({ store, bus, clock, deliver, members, report }, limits);

  async function answer(socket: ServerSocket, event: string, payload: object): Promise<object | undefined> {
    if (event === "publish") {
      const request = parse(publishing, payload);
      return { seqs: await rooms.publish({ ...request, from: socket.user }) };
    }
    const { room } = parse(namedRoom, payload);
    socket.rooms.delete(room);
    return { room };
  }

  function join(socket: ServerSocket, room: string): void {
    if (joinDelayMs === undefined) socket.rooms.add(room);
    else clock.later(joinDelayMs, () => void socket.rooms.add(room));
  }

  async function subscribe(
    socket: ServerSocket,
    payload: object,
    ack: (answer: object) => void,
  ): Promise<void> {
    const request = parse(subscribeRequest, payload);
    await rooms.subscribe(request, (page) => {
      if (!socket.connected) return;
      if ("live" in page && page.live) join(socket, request.room);
      ack({ ok: true, ...page });
    });
  }

  return {
    clock,
    rooms,
    accept: (socket) => void sockets.add(socket),
    drop(socket) {
      socket.connected = false;
      sockets.delete(socket);
    },
    handle(socket, { event, payload }, ack) {
      const refuse = (error: unknown): void => {
        const known = error instanceof AppError ? error : new AppError("internal", String(error));
        ack({ ok: false, error: known.body });
      };
      if (event === "subscribe") void subscribe(socket, payload, ack).catch(refuse);
      else void answer(socket, event, payload).then((result) => ack({ ok: true, ...result }), refuse);
    },
  };
}
