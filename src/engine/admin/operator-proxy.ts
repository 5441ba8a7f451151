import type { Worker } from "node:cluster";
import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestListener,
  request,
  type ServerResponse,
} from "node:http";
import { AppError } from "../../contract/errors.js";
import { HOP_BY_HOP } from "../http/hop-by-hop.js";
import { flushHeader } from "../http/server.js";
import { operatorSocketOf } from "./operator-socket.js";

/** Longest silence of a worker that was asked, in milliseconds. */
const SILENCE_MS = 10_000;

/** Passes what operators ask on to a worker, as the primary runs no application code. Without a worker it answers 503. */
export function createOperatorProxy(
  socketDir: () => string,
  routable: () => readonly Pick<Worker, "id">[],
): RequestListener {
  return (incoming, response) => {
    const [worker] = routable();
    if (worker === undefined) refuse(incoming, response);
    else pass(operatorSocketOf(socketDir(), worker.id), incoming, response);
  };
}

function pass(socketPath: string, incoming: IncomingMessage, response: ServerResponse): void {
  const { method, url } = incoming;
  const outgoing = request({
    ...{ socketPath, method, path: url, agent: false, timeout: SILENCE_MS },
    headers: { ...endToEnd(incoming.headers), ...framingOf(incoming) },
  });
  outgoing.once("response", (answer) => {
    if (!incoming.complete) incoming.unpipe(outgoing).resume(); // what is left of the body nobody wants
    response.writeHead(answer.statusCode ?? 502, endToEnd(answer.headers));
    answer.once("error", () => response.destroy());
    answer.pipe(response);
  });
  outgoing.once("timeout", () => outgoing.destroy(new Error("no answer in time")));
  outgoing.on("error", () => refuse(incoming, response));
  response.once("close", () => outgoing.destroy());
  flushHeader(outgoing, incoming);
  incoming.pipe(outgoing);
}

/**
 * Without the first line the body of a request whose method has usually none would be sent bare, and the worker would take it for a
 * request of its own. With `close` the worker would cut its answer off when it answers before it has all of the body.
 */
function framingOf({ headers }: IncomingMessage): OutgoingHttpHeaders {
  return {
    ...(headers["transfer-encoding"] === undefined ? {} : { "Transfer-Encoding": "chunked" }),
    Connection: "keep-alive",
  };
}

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));
}

function refuse(incoming: IncomingMessage, response: ServerResponse): void {
  if (response.headersSent) {
    response.destroy(); // half an answer must not pass for a whole one
    return;
  }
  incoming.resume();
  const { status, body, headers } = new AppError("temporary");
  response.writeHead(status, { "Content-Type": "application/json; charset=utf-8", ...headers });
  response.end(JSON.stringify({ error: body }));
}
