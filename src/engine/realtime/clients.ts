import type { z } from "zod";
import type { Channel } from "../../contract/channel.js";
import type { Emitted } from "../../contract/emitted.js";
import type { Client } from "../../contract/event.js";
import type { ConnectionInfo } from "../../contract/feature.js";
import type { EventMetrics } from "../metrics/types.js";
import type { Io, IoSocket } from "./io.js";

/** What an event is emitted by: a socket, or the server narrowed to some of its clients. */
interface Emitter {
  emit(event: string, payload: unknown): unknown;
}

/** Emits what was declared, and nothing else. */
export interface Deliver {
  one(socket: IoSocket, event: Emitted, payload: unknown): void;
  many(clients: Emitter, event: Emitted, payload: unknown): void;
}

/**
 * `check`: whether each payload is held against its schema first, which costs more than sending it: for development and tests.
 * @throws {Error} when the event was declared by no feature, or the payload is of another form.
 */
export function createDeliver(
  emits: readonly Emitted[],
  check: boolean,
  metrics: Pick<EventMetrics, "sent">,
): Deliver {
  const known = new Set(emits.map(({ name }) => name));

  function emit(clients: Emitter, event: Emitted, payload: unknown): void {
    if (!known.has(event.name)) throw new Error(`No feature declares that it emits "${event.name}"`);
    if (check) event.payload.parse(payload);
    clients.emit(event.name, payload);
  }

  return {
    one(socket, event, payload) {
      emit(untyped(socket), event, payload);
      metrics.sent(event.name, 1); // broadcasts are counted where they are sent out
    },
    many: emit,
  };
}

/** Sends to everybody in a channel, or in any of several, on whatever worker. */
export function createSend(io: Io, deliver: Deliver) {
  return <Schema extends z.ZodType>(
    channel: Channel | readonly Channel[],
    event: Emitted<Schema>,
    payload: z.input<Schema>,
  ): void => deliver.many(untyped(io.to([...[channel].flat()])), event, payload);
}

/** Names of events are known to their declarations; the library wants them in a type. */
export function untyped(clients: object): Emitter {
  return clients as Emitter;
}

/** A connection, as handlers see it. There is one per event: a class, so that it costs little. */
export class SocketClient implements Client {
  readonly #socket: IoSocket;
  readonly #deliver: Deliver;

  constructor(socket: IoSocket, deliver: Deliver) {
    this.#socket = socket;
    this.#deliver = deliver;
  }

  get session(): string {
    return this.#socket.id;
  }

  get user(): string {
    return userOf(this.#socket);
  }

  isIn(channel: Channel): boolean {
    return this.#socket.rooms.has(channel);
  }

  send<Schema extends z.ZodType>(event: Emitted<Schema>, payload: z.input<Schema>): void {
    this.#deliver.one(this.#socket, event, payload);
  }

  relay<Schema extends z.ZodType>(
    event: Emitted<Schema>,
    payload: z.input<Schema>,
    channel: Channel | undefined,
  ): void {
    const others = channel === undefined ? this.#socket.broadcast : this.#socket.to(channel);
    this.#deliver.many(untyped(others), event, payload);
  }
}

/** Whom a connection speaks for; there is somebody for each that was let in. */
export function userOf({ data }: IoSocket): string {
  return data.passport.user ?? "";
}

/** How a connection is connected, as far as features are told. */
export function infoOf(socket: IoSocket): ConnectionInfo {
  return { transport: socket.conn.transport.name, address: socket.data.address };
}
