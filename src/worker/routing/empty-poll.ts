import type { IncomingMessage, ServerResponse } from "node:http";
import type { OriginCheck } from "../../origin.js";

/** A poll of JSONP wants its answer in another form. */
const JSONP = /[?&]j=/;

/** Whether the request is one that {@link answerEmpty} can answer. */
export function isPoll({ method, url = "" }: IncomingMessage): boolean {
  return method === "GET" && !JSONP.test(url);
}

/**
 * Answers a long poll with a packet that means nothing (`noop` of Engine.IO's protocol 4), so that its client asks again, on
 * a new connection, which the owner of the session gets. Were the poll forwarded instead, its session would depend on
 * two workers for as long as it is open, which is nearly always.
 */
export function answerEmpty(
  request: IncomingMessage,
  response: ServerResponse,
  isAllowedOrigin: OriginCheck,
): void {
  const { origin } = request.headers;
  // As Engine.IO answers: without it, a browser of another origin would take it for a failure.
  if (origin !== undefined && isAllowedOrigin(request)) {
    response.setHeader("Access-Control-Allow-Origin", origin);
    response.setHeader("Vary", "Origin");
  }
  const headers = { "Content-Type": "text/plain; charset=UTF-8", "Content-Length": 1 };
  response.writeHead(200, { ...headers, "Cache-Control": "no-store", Connection: "close" }).end("6");
}
