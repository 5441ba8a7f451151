import { AppError } from "../../contract/errors.js";
import type { LimitMetrics } from "../metrics/types.js";
import { refusalOf } from "./authenticate.js";
import type { RawConnection } from "./connections/raw-connection.js";
import type { IoSocket } from "./io.js";

type Middleware = (socket: IoSocket, next: (error?: Error) => void) => void;

/** What counts connections, to be put behind what says whose they are. */
export interface UserConnections {
  readonly middleware: Middleware;
  /** How many this user has. */
  countOf(user: string): number;
}

/**
 * Lets a user have `most` connections on this worker; further ones are refused with `too_many_connections`. A place is taken while a
 * connection is let in and is free when the connection has ended, once: also when it ends before it was let in, of which Socket.IO tells
 * nobody. Connections without a user are not counted.
 */
export function createUserConnections(most: number, metrics: LimitMetrics): UserConnections {
  const counts = new Map<string, number>();
  const users = new WeakMap<RawConnection, string>();

  function leave(raw: RawConnection): void {
    const user = users.get(raw);
    if (user === undefined) return;
    users.delete(raw);
    const left = (counts.get(user) ?? 0) - 1;
    if (left > 0) counts.set(user, left);
    else counts.delete(user);
  }

  // One function for all connections, as each would cost memory.
  function onClose(this: RawConnection): void {
    leave(this);
  }

  /** @throws {AppError} `too_many_connections`. */
  function enter(raw: RawConnection, user: string): void {
    const before = users.get(raw);
    if (before === user) return; // asks to join again, after a refusal
    const count = counts.get(user) ?? 0;
    if (count >= most) {
      metrics.refused("connections");
      throw new AppError("too_many_connections");
    }
    if (before === undefined) raw.on("close", onClose);
    else leave(raw);
    users.set(raw, user);
    counts.set(user, count + 1);
  }

  return {
    middleware(socket, next) {
      const raw = socket.conn as unknown as RawConnection;
      const { user } = socket.data.passport;
      try {
        // One that has ended tells of it no more; Socket.IO lets it in nowhere.
        if (user !== undefined && raw.readyState !== "closed") enter(raw, user);
        next();
      } catch (error) {
        next(refusalOf(error));
      }
    },
    countOf: (user) => counts.get(user) ?? 0,
  };
}
