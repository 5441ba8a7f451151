import type { IncomingMessage, ServerResponse } from "node:http";

/** How long a client may take nothing of an answer, in milliseconds: longer than slow lines take for what the kernel holds. */
export const UNTAKEN_MS = 120_000;

/** Looks within that time at what a client does meanwhile. */
export const LOOKS = 8;

/**
 * Ends the connection of a client that does not take its answer: no heartbeat finds out, and what is left of the answer would be kept
 * for as long as the client likes. One that takes something now and then has all the time that it needs, and so has an answer that is not ready.
 */
export function cutIfUntaken({ socket }: IncomingMessage, response: ServerResponse, untakenMs: number): void {
  response.setTimeout(untakenMs, () => {
    if (socket.writableLength > 0) socket.destroy();
  });
  // What the client sends puts that off, too: so it is not read as long as it has something to take.
  let isPaused = false;
  function setPaused(pause: boolean): void {
    if (pause) socket.pause();
    else if (isPaused) socket.resume();
    isPaused = pause;
  }
  const looking = setInterval(() => setPaused(socket.writableLength > 0), untakenMs / LOOKS);
  response.once("close", () => {
    clearInterval(looking);
    setPaused(false);
  });
}
