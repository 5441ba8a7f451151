import type { RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * Serves the requests of a connection one after another, and between two of them those of other connections: a client that sends many
 * without waiting for answers would have all of them served at once, while everybody else waits. One that is not begun when its
 * connection has ended, or has had its last answer, is not served. How many wait is bounded where requests come in: by the session
 * router, and by the private port. They wait in front of Express, which would make more of each than the request itself is: what waits outlives the
 * collections of garbage in which everybody waits.
 */
export function oneAtATime(serve: RequestListener): RequestListener {
  /** The answer to the last request that has come. */
  const last = new WeakMap<Socket, ServerResponse>();

  return (request, response) => {
    const { socket } = request;
    const before = last.get(socket);
    last.set(socket, response);
    function begin(): void {
      // Node gives no socket to a response behind the last one: a drain would wait for it.
      if (socket.writable) serve(request, response);
    }
    if (before === undefined || before.closed) begin();
    else before.once("close", () => setImmediate(begin));
  };
}
