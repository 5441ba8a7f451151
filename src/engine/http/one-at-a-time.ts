import type { Socket } from "node:net";
import type { NextFunction, RequestHandler, Response } from "express";

interface Waiting {
  readonly response: Response;
  readonly next: NextFunction;
}

/**
 * Serves the requests of a connection one after another, and between two of them those of other connections: a client that sends many
 * without waiting for answers would have all of them served at once, while everybody else waits. One that is not begun when its
 * connection has ended, or has had its last answer, is not served. How many wait is bounded where requests come in: by the session router, and by the
 * private port.
 */
export function oneAtATime(): RequestHandler {
  /** Of the connections that have a request under way. */
  const lines = new WeakMap<Socket, Waiting[]>();

  function serve(socket: Socket, line: Waiting[], { response, next }: Waiting): void {
    // Node gives no socket to a response behind the last one, so that it never closes: a drain would wait for it.
    if (!socket.writable) return;
    response.once("close", () => {
      const following = line.shift();
      if (following === undefined) lines.delete(socket);
      else setImmediate(serve, socket, line, following);
    });
    next();
  }

  return ({ socket }, response, next) => {
    const line = lines.get(socket);
    if (line === undefined) {
      const own: Waiting[] = [];
      lines.set(socket, own);
      return serve(socket, own, { response, next });
    }
    line.push({ response, next });
  };
}
