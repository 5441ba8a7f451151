import type { Passport } from "../../../contract/passport.js";
import type { ClosingCode } from "../../../contract/session-events.js";
import { type Connections, sessionIdOf } from "../connections/connections.js";
import { hangUp, PATIENCE_MS } from "../hang-up.js";
import type { Io, IoSocket } from "../io.js";

/** Ends connections of this worker whose right to be here has ended. */
export interface Endings {
  /**
   * Tells the client why, and closes its transport, which clients repeat by themselves; after `disconnect()` they would stay away. Events
   * that are being handled are answered first, for 2 s at most; not those of a revoked token, from which nothing is taken any more. Once per
   * connection: what follows changes nothing.
   */
  end(socket: IoSocket, code: ClosingCode): void;
  /** Ends all whose holder is one of these; tells how many. */
  endWhere(isMeant: (passport: Passport) => boolean, code: ClosingCode): number;
  /** Whether it was ended, and only its last events are answered. */
  isEnding(socket: IoSocket): boolean;
}

/** Time that a connection has to take what it was sent, in milliseconds; a client that does not read, or poll, is cut off. */
const CUT_AFTER_MS = { revoked: 500, otherwise: PATIENCE_MS + 3000 } as const;

export function createEndings(io: Io, connections: Pick<Connections, "get">): Endings {
  const ending = new WeakSet<IoSocket>();

  function end(socket: IoSocket, code: ClosingCode): void {
    const connection = connections.get(sessionIdOf(socket));
    if (connection === undefined || ending.has(socket)) return;
    ending.add(socket);
    socket.emit("closing", { code });
    const isRevoked = code === "token_revoked";
    hangUp(connection, isRevoked ? 0 : PATIENCE_MS);
    setTimeout(() => connection.cut(), CUT_AFTER_MS[isRevoked ? "revoked" : "otherwise"]).unref();
  }

  return {
    end,
    endWhere(isMeant, code) {
      const meant = [...io.sockets.sockets.values()].filter(({ data }) => isMeant(data.passport));
      for (const socket of meant) end(socket, code);
      return meant.length;
    },
    isEnding: (socket) => ending.has(socket),
  };
}
