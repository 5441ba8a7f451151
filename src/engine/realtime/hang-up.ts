import type { Connection } from "./connections/connection.js";

/** Interval at which open events are looked at, in milliseconds. */
const POLL_MS = 25;
/** Time for the events of a connection that is to be closed, in milliseconds. */
export const PATIENCE_MS = 2000;

/**
 * Closes a connection so that its client reconnects by itself; after `disconnect()` it would not. Events that
 * are being handled are answered first, if that takes no more than `patienceMs` (default {@link PATIENCE_MS}).
 */
export function hangUp(connection: Connection, patienceMs = PATIENCE_MS): void {
  if (connection.openEvents === 0 || patienceMs <= 0) {
    connection.raw.close();
    return;
  }
  setTimeout(hangUp, POLL_MS, connection, patienceMs - POLL_MS).unref();
}
