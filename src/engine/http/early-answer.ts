import type { IncomingMessage, ServerResponse } from "node:http";
import { hasContent } from "./server.js";

/** How long a client may go on sending the body of a refused request, and then leave the ended connection open, in milliseconds. */
const LINGER_MS = 2000;

/**
 * To be called for each request, before anybody answers it: for an answer that goes out while the body is still coming. A connection that
 * is closed then is reset, and whoever sends that body, a client, a proxy or a relay, loses the answer. So it stays open until the body has
 * come, for at most 2 s, also where it is to be closed: that is done then. Nor is the body of a request that has its answer read for longer.
 * `inTurn` calls when the answers before this one have left, as the client hears this one only then; by default at once.
 */
export function expectEarlyAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  inTurn: (go: () => void) => void = (go) => go(),
): void {
  if (!hasContent(request)) return;
  const { writeHead } = response;
  function writeEarly(...head: unknown[]): ServerResponse {
    response.writeHead = writeHead;
    if (!request.complete) linger(request, response, inTurn);
    return Reflect.apply(writeHead, response, head);
  }
  response.writeHead = writeEarly;
}

function linger(request: IncomingMessage, response: ServerResponse, inTurn: (go: () => void) => void): void {
  const { socket } = request;
  const isLast = !response.shouldKeepAlive || response.getHeader("Connection") === "close";
  response.setHeader("Connection", "keep-alive");
  inTurn(() => {
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    function onClose(): void {
      if (!isLast) {
        clearTimeout(timer);
        return;
      }
      socket.end();
      timer.refresh();
    }
    if (request.closed) onClose();
    else request.once("close", onClose);
  });
}
