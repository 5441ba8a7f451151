import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { setupMaster } from "@socket.io/sticky";
import type { Component } from "../lifecycle.js";

/** Longest wait, at stop, for answers that are still on their way to clients, in milliseconds. */
const FLUSH_TIMEOUT_MS = 1000;

/**
 * The primary's server: reads the beginning of each connection and hands it to the worker of its session, or to the
 * next one in turn. `unroutable` names the workers that must not get anything new; with no other, clients get 503.
 */
export function createStickyServer(unroutable: () => readonly Worker[]): Server {
  const server = createServer();
  // Round robin and not the library's `least-connection`, which counts sessions only: plain HTTP all went to one worker,
  // and a worker that is not ready yet, having none, attracted everything.
  setupMaster(server, { loadBalancingMethod: "round-robin" });

  // The library chooses among what it finds when it enumerates `cluster.workers`, inside its own listener for the first
  // chunk. Ours run just before and just after it and hide the unroutable ones meanwhile. Everybody else, such as the
  // cluster adapter, has to see them: they still have clients.
  server.on("connection", (socket) => {
    let hidden: readonly Worker[] = [];
    socket.prependOnceListener("data", () => {
      hidden = unroutable();
      setEnumerable(hidden, false);
    });
    socket.once("data", () => setEnumerable(hidden, true));
  });
  return server;
}

function setEnumerable(workers: readonly Worker[], enumerable: boolean): void {
  const registry = cluster.workers ?? {};
  for (const worker of workers) {
    if (registry[worker.id] !== worker) continue;
    Object.defineProperty(registry, worker.id, {
      value: worker,
      enumerable,
      configurable: true,
      writable: true,
    });
  }
}

/**
 * The server's open connections, as a Component: its stop lets answers that come from the workers through the
 * primary reach their clients before the process ends. It stops after the workers.
 */
export function createConnectionFlush(server: Server): Component {
  let closed: Promise<unknown> | undefined;
  server.once("listening", () => {
    closed = once(server, "close");
  });
  return {
    name: "connections",
    async start() {},
    async stop() {
      const timer = setTimeout(() => server.closeAllConnections(), FLUSH_TIMEOUT_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}
