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
   * Each response closes with its connection at the latest, as Node documents: up to Node 22 it forgets those whose turn has not come.
   */
  enter(socket: Socket, response: ServerResponse): boolean;
  /** Calls `go` when the answers have ended to all requests before this one, unless the connection has ended then. */
  inTurn(socket: Socket, before: ServerResponse | undefined, go: () => void): void;
  /** Lets the answers before an upgrade go on, of which it takes Node's own listeners off the connection. */
  keepAnswering(socket: Socket): void;
  /** The answer to the last request that has come. */
  last(socket: Socket): ServerResponse | undefined;
}

interface Line {
  last: ServerResponse;
  readonly open: Set<ServerResponse>;
}

export function createRequestOrder(): RequestOrder {
  const lines = new WeakMap<Socket, Line>();

  function lineOf(socket: Socket, last: ServerResponse): Line {
    const known = lines.get(socket);
    if (known !== undefined) return known;
    const line = { last, open: new Set<ServerResponse>() };
    lines.set(socket, line);
    // Later than Node itself does it.
    socket.once("close", () => setImmediate(closeAll, line.open));
    return line;
  }

  return {
    enter(socket, response) {
      if (socket.destroyed) return false;
      const line = lineOf(socket, response);
      line.last = response;
      if (line.open.size === MOST_OPEN) {
        socket.destroy();
        return false;
      }
      line.open.add(response);
      response.once("close", () => line.open.delete(response));
      return true;
    },
    inTurn(socket, before, go) {
      if (before === undefined || before.closed) go();
      else before.once("close", () => !socket.destroyed && go());
    },
    keepAnswering(socket) {
      const line = lines.get(socket);
      if (line === undefined || line.open.size === 0) return;
      const { last, open } = line;
      const tell = (event: string) => (): void => {
        const [current] = open;
        current?.emit(event);
      };
      const [onDrain, onTimeout] = [tell("drain"), tell("timeout")];
      socket.on("drain", onDrain).on("timeout", onTimeout);
      last.once("close", () => socket.off("drain", onDrain).off("timeout", onTimeout));
    },
    last: (socket) => lines.get(socket)?.last,
  };
}

function closeAll(open: ReadonlySet<ServerResponse>): void {
  for (const response of open) response.emit("close");
}
