import type { Component } from "../process/lifecycle.js";
import type { Connection } from "./connections/connection.js";
import type { Connections } from "./connections/connections.js";
import { hangUp } from "./hang-up.js";

const CHECK_INTERVAL_MS = 1000;
/** Part of the age by which connections differ, up and down, so that those that came together do not leave together. */
const JITTER = 0.1;

/**
 * Closes connections that are older than `maxAgeMs`, so that clients move to instances that were added since; 0 keeps
 * them for ever. The clients come back by themselves.
 */
export function createConnectionAge(connections: Connections, maxAgeMs: number): Component {
  /** When each is to be closed, in milliseconds of the performance clock; infinity once it was asked to close. */
  const endsAtMs = new WeakMap<Connection, number>();
  let timer: NodeJS.Timeout | undefined;

  function endOf(connection: Connection): number {
    const known = endsAtMs.get(connection);
    if (known !== undefined) return known;
    const end = connection.openedAtMs + maxAgeMs * (1 - JITTER + 2 * JITTER * Math.random());
    endsAtMs.set(connection, end);
    return end;
  }

  function check(): void {
    const nowMs = performance.now();
    for (const connection of connections) {
      if (nowMs < endOf(connection)) continue;
      endsAtMs.set(connection, Number.POSITIVE_INFINITY);
      hangUp(connection);
    }
  }

  return {
    name: "connection age",
    async start() {
      if (maxAgeMs > 0) timer = setInterval(check, CHECK_INTERVAL_MS);
    },
    async stop() {
      clearInterval(timer);
    },
  };
}
