import type { Server as HttpServer } from "node:http";
import type { Component } from "../lifecycle.js";

/** Time that Socket.IO has to say good-bye to its clients, in milliseconds. */
const FAREWELL_MS = 250;

/**
 * The end of HTTP connections that would hold up a stop: Socket.IO, which stops next, waits for all of them, while one on
 * which nothing was ever asked, or whose request was given up, does not end by itself.
 */
export function createConnectionCut(httpServer: HttpServer): Component {
  return {
    name: "connection cut",
    async start() {},
    async stop() {
      const timer = setTimeout(() => httpServer.closeAllConnections(), FAREWELL_MS);
      httpServer.once("close", () => clearTimeout(timer));
    },
  };
}
