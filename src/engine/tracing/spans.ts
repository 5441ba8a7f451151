import type { IncomingMessage, ServerResponse } from "node:http";
import type { LiveBatch, RoomEntry } from "../../contract/types.js";
import type { RoomSpans } from "../rooms/ports.js";
import type { LogName } from "../rooms/room-store.js";

/** Of a span and its trace, in hexadecimal, under the names that exemplars of metrics have for them. */
export type SpanIds = Readonly<Record<"trace_id" | "span_id", string>>;

/** Spans around the work on a request, an event or a message. Each calls its task once, at once, and gives what it gives. */
export interface Spans extends RoomSpans {
  /** The one that is active, if it is sampled. */
  active(): SpanIds | undefined;
  /** From the header of a request to the end of its answer; `routeOf` is asked at the end for the pattern of its route. */
  request(
    request: IncomingMessage,
    response: ServerResponse,
    routeOf: () => string | undefined,
    task: () => void,
  ): void;
  /** From a client's event to its acknowledgement; the task gives the code with which it was refused. */
  event(name: string, task: () => Promise<string | undefined>): Promise<string | undefined>;
  /** Tells the other workers of entries; the task gets what carries the trace to them, if they are part of one. */
  send(log: LogName, entries: readonly RoomEntry[], task: (carrier: string | undefined) => void): void;
  /** Takes entries from another worker, with what it has sent along. */
  receive(log: LogName, entries: readonly RoomEntry[], carrier: unknown, task: () => void): void;
  /** Sends messages to this worker's clients in a room, of which there are so many. */
  deliver(batch: LiveBatch, receivers: number, task: () => void): void;
}
