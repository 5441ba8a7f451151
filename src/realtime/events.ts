import { z } from "zod";
import { boundedJson } from "../bounded-json.js";
import { roomName, roomRequests } from "../contract/room-requests.js";
import type { LiveBatch, RoomEntry } from "../contract/types.js";
import type { Json } from "../domain.js";
import type { ErrorBody } from "../errors.js";
import type { PresenceChange } from "../services/presence/types.js";
import type { RoomLimits } from "../services/rooms/limits.js";

/** Answer to every request event that carries an acknowledgement callback. */
export type Ack<Result extends object = object> = (answer: ({ ok: true } & Result) | Refusal) => void;

/** How a request event is refused. */
export interface Refusal {
  ok: false;
  error: ErrorBody;
}

/** Bounds of what a client may send. */
export interface EventLimits {
  /** Of one body, as JSON. */
  readonly messageBytes: number;
  readonly rooms: Pick<RoomLimits, "publishMessages" | "pageMessages">;
}

/** The runtime schema of every event that a client may send. */
export function createClientEvents(limits: EventLimits) {
  const body = boundedJson(limits.messageBytes);
  const { publish, subscribe, unsubscribe } = roomRequests(body, limits.rooms);
  return {
    join: z.strictObject({ room: roomName }),
    leave: z.strictObject({ room: roomName }),
    message: z.strictObject({ body, room: roomName.optional() }),
    publish,
    subscribe,
    unsubscribe,
    /** `watch` begins or ends the events about who comes and goes; without it the question is all. */
    presence: z.strictObject({ room: roomName, watch: z.boolean().optional() }),
  };
}

type ClientEvents = ReturnType<typeof createClientEvents>;

/** Names of the events that a client may send. */
export type ClientEventName = keyof ClientEvents;

/** A valid payload of the given event. */
export type Payload<Name extends ClientEventName> = z.output<ClientEvents[Name]>;

/** What clients send. Every event may carry an acknowledgement callback. */
export type ClientToServerEvents = {
  [Name in ClientEventName]: (payload: Payload<Name>, ack?: Ack) => void;
};

/** What clients receive. */
export interface ServerToClientEvents {
  /** First event of every connection: its public id, and which process it is on. */
  session: (session: { id: string; instance: string; worker: number }) => void;
  /** A message of another client: to everyone, or to the room that is named. `from` is a session id, `at` is ISO 8601. */
  message: (message: { from: string; room?: string; body: Json; at: string }) => void;
  /** Messages of a durable room, in order and without gaps: all there is in (after, to]. */
  messages: (batch: LiveBatch) => void;
  /** Who came into a watched durable room and who left it, since the last such event or the answer to `watch`. */
  presence: (change: PresenceChange) => void;
}

/** Names of the events that clients receive; the compiler sees to it that all are here. */
export const SERVER_EVENTS = Object.keys({
  session: true,
  message: true,
  messages: true,
  presence: true,
} satisfies Record<keyof ServerToClientEvents, true>);

/** What workers tell each other. */
export interface InterServerEvents {
  /** Entries that were just stored in a durable room's log of that epoch. */
  stored: (room: string, entries: readonly RoomEntry[], epoch: string) => void;
  /** Users on the sender have come into these rooms or left them. */
  present: (rooms: readonly string[]) => void;
  /** A worker has ended, of this name among those who tell each other who is present. */
  ended: (node: string) => void;
}
