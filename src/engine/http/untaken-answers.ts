import type { IncomingMessage, ServerResponse } from "node:http";

/** How long a client may take nothing of an answer, in milliseconds: longer than slow lines take for what the kernel holds. */
export const UNTAKEN_MS = 120_000;

/**
 * Ends the connection of a client that does not take its answer: no heartbeat finds out, and what is left of the answer would be kept
 * for as long as the client likes. One that takes something now and then has all the time that it needs, and so has an answer that is not ready.
 */
export function cutIfUntaken({ socket }: IncomingMessage, response: ServerResponse, untakenMs: number): void {
  response.setTimeout(untakenMs, () => {
    if (socket.writableLength > 0) socket.destroy();
  });
}
