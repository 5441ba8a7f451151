import {
  type Agent,
  type ClientRequest,
  type IncomingMessage,
  request,
  type ServerResponse,
} from "node:http";
import { CLIENT_ADDRESS_HEADER, endToEnd } from "./hop-headers.js";

/**
 * Longest wait for an answer once the whole request is there, in milliseconds; then the client gets 503. What is forwarded
 * are no polls, but what is answered as soon as it was read.
 */
const ANSWER_TIMEOUT_MS = 5000;

/** Where a request goes. */
export interface Route {
  readonly socketPath: string;
  readonly agent: Agent;
}

/** Has the server at `socketPath` answer the request. `onAbsent` if nobody listens there: then nothing was answered. */
export function forwardRequest(
  incoming: IncomingMessage,
  response: ServerResponse,
  route: Route,
  onAbsent: () => void,
): void {
  const outgoing = request({
    socketPath: route.socketPath,
    agent: route.agent,
    method: incoming.method,
    path: incoming.url,
    setHost: false,
    headers: headersOf(incoming),
  });
  let timer: NodeJS.Timeout | undefined;
  let absent = false;

  incoming.once("end", () => {
    timer = setTimeout(() => outgoing.destroy(new Error("no answer")), ANSWER_TIMEOUT_MS);
  });
  outgoing.once("response", (answer) => {
    clearTimeout(timer);
    passOn(answer, response);
  });
  outgoing.once("error", (error: NodeJS.ErrnoException) => {
    clearTimeout(timer);
    incoming.unpipe(outgoing);
    if (response.destroyed) return; // the client has gone, and this is the echo
    if (response.headersSent) response.destroy();
    else if (isAbsence(error, outgoing)) {
      absent = true;
      onAbsent();
    } else refuse(response);
  });
  response.once("close", () => {
    clearTimeout(timer);
    if (!response.writableFinished && !absent) outgoing.destroy();
  });
  incoming.pipe(outgoing);
}

function headersOf(incoming: IncomingMessage): string[] {
  const headers = endToEnd(incoming.rawHeaders);
  headers.push(CLIENT_ADDRESS_HEADER, incoming.socket.remoteAddress ?? "");
  // A body of unknown length; without this line a peer would take the request for one without a body.
  if (incoming.headers["transfer-encoding"] !== undefined) headers.push("Transfer-Encoding", "chunked");
  headers.push("Connection", "keep-alive");
  return headers;
}

function passOn(answer: IncomingMessage, response: ServerResponse): void {
  response.writeHead(answer.statusCode ?? 502, endToEnd(answer.rawHeaders));
  response.flushHeaders();
  answer.once("error", () => response.destroy()); // half an answer must not pass for a whole one
  answer.pipe(response);
}

/** Its socket is gone, or it ended while the request was on its way: its sessions ended with it. */
function isAbsence(error: NodeJS.ErrnoException, outgoing: ClientRequest): boolean {
  if (error.code === "ENOENT" || error.code === "ECONNREFUSED") return true;
  return outgoing.socket !== null && (error.code === "ECONNRESET" || error.code === "EPIPE");
}

function refuse(response: ServerResponse): void {
  response.writeHead(503, { "Retry-After": "1" });
  response.end();
}
