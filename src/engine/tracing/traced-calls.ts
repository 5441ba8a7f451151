import type { RequestHandler } from "express";
import { routeOf } from "../http/request-durations.js";
import type { AnswerEvent } from "../realtime/dispatch.js";
import type { Tracing } from "./tracing.js";

/** Makes a trace of each request, or goes on with that of its `traceparent`. */
export function tracedRequests({ spans }: Tracing): RequestHandler {
  return (request, response, next) => spans().request(request, response, () => routeOf(request), next);
}

/** Makes a trace of each event of a client. */
export function tracedEvents({ spans }: Tracing): (answer: AnswerEvent) => AnswerEvent {
  return (answer) => (socket, event, payload, ack) =>
    spans().event(event.name, () => answer(socket, event, payload, ack));
}
