import type { Connections } from "./connections.js";

/** Time for a client to join a namespace, and to close its connection after it left, in milliseconds. */
const OUTSIDE_MS = 10_000;
const CHECK_INTERVAL_MS = 1000;

/**
 * Cuts off connections that are in no namespace for longer than 10 s: those that ask for none or are refused, and those that
 * have left and do not read that they are to go. Socket.IO's `connectTimeout` ends with the first join, and a client that
 * polls may take half a minute longer. The timer that is returned ends it.
 */
export function watchOutsiders(connections: Connections): NodeJS.Timeout {
  return setInterval(() => {
    const limitMs = performance.now() - OUTSIDE_MS;
    for (const connection of connections) {
      const { outsideSinceMs } = connection;
      if (outsideSinceMs !== undefined && outsideSinceMs < limitMs) connection.cut();
    }
  }, CHECK_INTERVAL_MS);
}
