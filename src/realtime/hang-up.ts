import type { IoSocket } from "./io.js";

/** How often an event that is being handled is looked after, in milliseconds. */
const POLL_MS = 25;
/** Time for the events of a connection that is to be closed, in milliseconds. */
export const PATIENCE_MS = 2000;

/**
 * Closes a connection so that its client comes back by itself; `disconnect()` would keep it away for good. Events that
 * are being handled are answered first, if that takes no more than `patienceMs` (default {@link PATIENCE_MS}).
 */
export function hangUp(socket: IoSocket, patienceMs = PATIENCE_MS): void {
  if (socket.data.openEvents === 0 || patienceMs <= 0) {
    socket.conn.close();
    return;
  }
  setTimeout(hangUp, POLL_MS, socket, patienceMs - POLL_MS).unref();
}
