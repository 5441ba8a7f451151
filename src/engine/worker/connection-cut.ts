import type { Server as HttpServer } from "node:http";
import type { Component } from "../process/lifecycle.js";

/** Time between two looks for connections on which nothing is asked any more, in milliseconds. */
const LOOK_EVERY_MS = 50;

/**
 * The end of connections that would hold up a stop: Socket.IO, which stops next, waits for those that came by the HTTP server's own socket, from
 * siblings, which keep them. Node ends those that are idle at that moment, and of the others nobody would. Socket.IO has `farewellMs` to say
 * good-bye to its clients.
 */
export function createConnectionCut(httpServer: HttpServer, farewellMs: number): Component {
  return {
    name: "connection cut",
    async start() {},
    async stop() {
      const looking = setInterval(() => httpServer.closeIdleConnections(), LOOK_EVERY_MS);
      const timer = setTimeout(() => httpServer.closeAllConnections(), farewellMs);
      httpServer.once("close", () => {
        clearInterval(looking);
        clearTimeout(timer);
      });
    },
  };
}

/** The end of what is left of clients' connections, when nobody can answer any more. To be stopped last. */
export function createLastCut(httpServer: HttpServer): Component {
  return {
    name: "last connections",
    async start() {},
    async stop() {
      httpServer.closeAllConnections();
    },
  };
}
