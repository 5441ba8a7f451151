import type { IoSocket } from "../io.js";

/** The connections of this worker by their users. */
export interface LocalUsers {
  add(socket: IoSocket): void;
  remove(socket: IoSocket): void;
  /** Those of one user, who may have none. */
  of(user: string): readonly IoSocket[];
}

/** Most users have one connection: it stands there by itself, which costs half of what a list would. */
export function createLocalUsers(): LocalUsers {
  const byUser = new Map<string, IoSocket | readonly IoSocket[]>();

  function of(user: string): readonly IoSocket[] {
    const found = byUser.get(user);
    if (found === undefined) return [];
    return "nsp" in found ? [found] : found;
  }

  function keep(user: string, sockets: readonly IoSocket[]): void {
    const [only] = sockets;
    if (only === undefined) byUser.delete(user);
    else byUser.set(user, sockets.length === 1 ? only : sockets);
  }

  return {
    add(socket) {
      const { user } = socket.data.passport;
      if (user !== undefined) keep(user, [...of(user), socket]);
    },
    remove(socket) {
      const { user } = socket.data.passport;
      if (user !== undefined)
        keep(
          user,
          of(user).filter((other) => other !== socket),
        );
    },
    of,
  };
}
