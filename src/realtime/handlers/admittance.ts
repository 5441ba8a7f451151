import { AppError } from "../../errors.js";
import type { RoomAccess } from "../../services/room-access.js";
import { durableRoomKey, type IoSocket } from "../io.js";
import { presenceKey } from "../presence-link.js";

/** Lets connections into what needs the right to read, and leaves nothing of it to those who are refused. */
export interface Admittance {
  /**
   * Runs a task that may let the connection in, by `enter`, which tells whether it did: not when the connection is gone or
   * has left meanwhile. When the task fails, the connection is outside, also if it was in before.
   * @throws {AppError} `too_many_rooms`, those that it is about to enter included; what the task throws.
   */
  admit(socket: IoSocket, key: string, task: (enter: () => boolean) => Promise<void>): Promise<void>;
  /** Takes the connection out, and out of what it was about to enter. */
  leave(socket: IoSocket, key: string): void;
  /** Asks for the right to read the room. Whoever has it not gets neither its messages nor its presence any more. */
  mayRead(socket: IoSocket, room: string): Promise<void>;
}

interface Attempt {
  readonly key: string;
  ended: boolean;
}

export function createAdmittance(mayDo: RoomAccess, roomsPerSocket: number): Admittance {
  const attempts = new WeakMap<IoSocket, Set<Attempt>>();

  function refuseTooMany(socket: IoSocket, key: string, open: ReadonlySet<Attempt>): void {
    if (socket.rooms.has(key)) return;
    const coming = new Set([...open].map((attempt) => attempt.key).filter((one) => !socket.rooms.has(one)));
    // Every connection is in a room of its own, named by its id.
    if (!coming.has(key) && socket.rooms.size - 1 + coming.size >= roomsPerSocket)
      throw new AppError("too_many_rooms");
  }

  function leave(socket: IoSocket, key: string): void {
    for (const attempt of attempts.get(socket) ?? []) if (attempt.key === key) attempt.ended = true;
    void socket.leave(key);
  }

  return {
    async admit(socket, key, task) {
      const open = attempts.get(socket) ?? new Set();
      attempts.set(socket, open);
      refuseTooMany(socket, key, open);
      const attempt: Attempt = { key, ended: false };
      open.add(attempt);
      try {
        await task(() => {
          if (!socket.connected || attempt.ended) return false;
          void socket.join(key);
          return true;
        });
      } catch (error) {
        leave(socket, key);
        throw error;
      } finally {
        open.delete(attempt);
      }
    },
    leave,
    async mayRead(socket, room) {
      try {
        await mayDo(socket.data.user, room, "read");
      } catch (error) {
        leave(socket, durableRoomKey(room));
        leave(socket, presenceKey(room));
        throw error;
      }
    },
  };
}
