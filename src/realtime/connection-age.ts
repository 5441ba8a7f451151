import type { Component } from "../lifecycle.js";
import { hangUp } from "./hang-up.js";
import type { Io, IoSocket } from "./io.js";

const CHECK_INTERVAL_MS = 1000;
/** Part of the age by which connections differ, up and down, so that those that came together do not leave together. */
const JITTER = 0.1;

/**
 * Closes connections that are older than `maxAgeMs`, so that clients move to instances that were added since; 0 keeps
 * them for ever. The clients come back by themselves.
 */
export function createConnectionAge(io: Io, maxAgeMs: number): Component {
  const endsAtMs = new WeakMap<IoSocket, number>();
  let timer: NodeJS.Timeout | undefined;

  function onConnection(socket: IoSocket): void {
    endsAtMs.set(socket, performance.now() + maxAgeMs * (1 - JITTER + 2 * JITTER * Math.random()));
  }

  function check(): void {
    const nowMs = performance.now();
    for (const socket of io.sockets.sockets.values()) {
      if (nowMs < (endsAtMs.get(socket) ?? Number.POSITIVE_INFINITY)) continue;
      endsAtMs.delete(socket);
      hangUp(socket);
    }
  }

  return {
    name: "connection age",
    async start() {
      if (maxAgeMs === 0) return;
      io.on("connection", onConnection);
      timer = setInterval(check, CHECK_INTERVAL_MS);
    },
    async stop() {
      io.off("connection", onConnection);
      clearInterval(timer);
    },
  };
}
