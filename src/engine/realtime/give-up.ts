import type { Connection } from "./connections/connection.js";
import { hangUp, PATIENCE_MS } from "./hang-up.js";

/** Time for which a connection that is given up is left alone: closed at once, it would be back at once. In milliseconds. */
const SILENCE_MS = 1000;
/** Time for the client to see that it is closed, in milliseconds. */
const LAST_WORD_MS = 500;

/**
 * Reads no more from a connection whose client goes on although it is told to wait, and closes it after a second so that the client
 * reconnects by itself. What was let in of it is answered first.
 */
export function giveUp(connection: Connection): void {
  connection.hold();
  setTimeout(() => {
    hangUp(connection);
    // It is not read, so that its own goodbye is not seen.
    setTimeout(() => connection.cut(), PATIENCE_MS + LAST_WORD_MS).unref();
  }, SILENCE_MS).unref();
}
