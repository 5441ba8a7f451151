import type { Socket } from "node:net";

/** The answer when no process can take a connection. */
export const NO_ROOM =
  "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

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
