import type { IncomingMessage } from "node:http";

/** How long a client may go on sending the body of a request that was refused, in milliseconds. */
const LINGER_MS = 2000;

/**
 * Ends the connection of a refused request whose body does not end within 2 s. The client gets time to see the answer: a connection that is
 * reset at once may lose it.
 */
export function cutOffLater(request: IncomingMessage): void {
  const timer = setTimeout(() => request.socket.destroy(), LINGER_MS);
  request.once("close", () => clearTimeout(timer));
}
