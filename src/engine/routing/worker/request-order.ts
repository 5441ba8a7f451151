import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * Requests that may be open on one connection. Few clients send before they have an answer, and those send few. All that comes
 * in a packet becomes a request at once, is kept until it is its turn, and is read before anybody else is.
 */
const MOST_OPEN = 100;

/** The order of the requests of each connection. */
export interface RequestOrder {
  /**
   * Notes a request that has come. False if it is not to be handled: its connection is over, as it is with one request too many.
   */
  enter(socket: Socket, response: ServerResponse): boolean;
  /** Calls `go` when the answers have ended to all requests before this one, unless the connection has ended then. */
  inTurn(socket: Socket, before: ServerResponse | undefined, go: () => void): void;
  /** The answer to the last request that has come. */
  last(socket: Socket): ServerResponse | undefined;
}

interface Line {
  last: ServerResponse;
  open: number;
}

export function createRequestOrder(): RequestOrder {
  const lines = new WeakMap<Socket, Line>();

  return {
    enter(socket, response) {
      if (socket.destroyed) return false;
      const line = lines.get(socket) ?? { last: response, open: 0 };
      lines.set(socket, line);
      line.last = response;
      line.open += 1;
      if (line.open > MOST_OPEN) {
        socket.destroy();
        return false;
      }
      response.once("close", () => {
        line.open -= 1;
      });
      return true;
    },
    inTurn(socket, before, go) {
      if (before === undefined || before.closed) go();
      else before.once("close", () => !socket.destroyed && go());
    },
    last: (socket) => lines.get(socket)?.last,
  };
}
