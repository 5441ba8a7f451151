import type { Socket } from "node:net";

/** Time that a client has to see the answer and to close, in milliseconds. */
const LINGER_MS = 500;

/**
 * Sends the last answer of a connection that no HTTP server has, and sees to its end: what the client still sends is dropped, and
 * if it does not close within 500 ms, the connection is closed.
 */
export function closeWith(socket: Socket, answer: string): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(timer)).on("error", () => {});
  socket.resume().end(answer);
}
