import { z } from "zod";
import type { Json } from "../domain.js";
import type { ErrorBody } from "../errors.js";
import { boundedJson } from "./bounded-json.js";

/** Answer to every request event that carries an acknowledgement callback. */
export type Ack<Result extends object = object> = (answer: ({ ok: true } & Result) | Refusal) => void;

/** How a request event is refused. */
export interface Refusal {
  ok: false;
  error: ErrorBody;
}

/** A name of a room: 1 to 128 letters, digits or any of `_ . : @ -`, so that it can stand in a URL and in a key. */
export const roomName = z
  .string()
  .regex(/^[\w.:@-]{1,128}$/, "must be 1 to 128 letters, digits or any of _ . : @ -");

/** The runtime schema of every event that a client may send. `messageBytes` bounds a body, as JSON. */
export function createClientEvents(messageBytes: number) {
  return {
    join: z.strictObject({ room: roomName }),
    leave: z.strictObject({ room: roomName }),
    message: z.strictObject({ body: boundedJson(messageBytes), room: roomName.optional() }),
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
}
