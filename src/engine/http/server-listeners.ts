import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

export type OnRequest = (request: IncomingMessage, response: ServerResponse) => void;
export type OnUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Takes what listens for requests off the server, for one who comes before it and calls it. */
export function takeRequestListeners(httpServer: HttpServer): OnRequest {
  const listeners = httpServer.listeners("request") as OnRequest[];
  httpServer.removeAllListeners("request");
  return (request, response) => {
    for (const listener of listeners) listener.call(httpServer, request, response);
  };
}

/** Likewise for upgrades. */
export function takeUpgradeListeners(httpServer: HttpServer): OnUpgrade {
  const listeners = httpServer.listeners("upgrade") as OnUpgrade[];
  httpServer.removeAllListeners("upgrade");
  return (request, socket, head) => {
    for (const listener of listeners) listener.call(httpServer, request, socket, head);
  };
}

/**
 * Serves a request with an `Expect` that is not `100-continue` as one without, as it may be (RFC 9110, 10.1.1). Node would answer 417 before
 * anybody hears of it, and go on to read its body, which may have no end.
 */
export function ignoreExpectations(httpServer: HttpServer): void {
  httpServer.on("checkExpectation", (request, response) => httpServer.emit("request", request, response));
}
