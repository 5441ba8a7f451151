import type { Server as HttpServer } from "node:http";
import type { Component } from "../process/lifecycle.js";

/**
 * The end of HTTP connections that would hold up a stop: Socket.IO, which stops next, waits for all of them, while one on
 * which nothing was ever asked, or whose request was given up, does not end by itself. Socket.IO has `farewellMs` to say
 * good-bye to its clients.
 */
export function createConnectionCut(httpServer: HttpServer, farewellMs: number): Component {
  return {
    name: "connection cut",
    async start() {},
    async stop() {
      const timer = setTimeout(() => httpServer.closeAllConnections(), farewellMs);
      httpServer.once("close", () => clearTimeout(timer));
    },
  };
}
