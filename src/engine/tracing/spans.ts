import type { IncomingMessage, ServerResponse } from "node:http";
import type { LiveBatch, RoomEntry } from "../../contract/types.js";
import type { RoomSpans } from "../rooms/ports.js";
import type { LogName } from "../rooms/room-store.js";

/** Spans around the work on a request, an event or a message. Each calls its task once, at once, and gives what it gives. */
export interface Spans extends RoomSpans {
  /** From the header of a request to the end of its answer; `routeOf` is asked at the end for the pattern of its route. */
  request(
    request: IncomingMessage,
    response: ServerResponse,
    routeOf: () => string | undefined,
    task: () => void,
  ): void;
  /** From a client's event to its acknowledgement. */
  event<T>(name: string, task: () => Promise<T>): Promise<T>;
  /** Tells the other workers of entries; the task gets what carries the trace to them, if they are part of one. */
  send(log: LogName, entries: readonly RoomEntry[], task: (carrier: string | undefined) => void): void;
  /** Takes entries from another worker, with what it has sent along. */
  receive(log: LogName, entries: readonly RoomEntry[], carrier: unknown, task: () => void): void;
  /** Sends messages to this worker's clients in a room, of which there are so many. */
  deliver(batch: LiveBatch, receivers: number, task: () => void): void;
}
