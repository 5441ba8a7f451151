import { type Channel, logChannel, presenceChannel, relayChannel } from "../../contract/channel.js";
import { AppError } from "../../contract/errors.js";
import type { Entry } from "../../contract/event.js";
import { type Asked, READING } from "../../contract/operations.js";
import type { IoSocket } from "./io.js";

/** Lets connections into channels, and leaves nothing of them to those who are refused. */
export interface Admittance {
  /**
   * Runs a task that may let the connection into the channel. When the task fails, the connection is outside, also if it was in
   * before.
   * @throws {AppError} `too_many_rooms`, those that it is about to enter included; what the task throws.
   */
  admit<Result>(socket: IoSocket, channel: Channel, task: (entry: Entry) => Promise<Result>): Promise<Result>;
  /** Takes the connection out, and out of what it was about to enter. */
  leave(socket: IoSocket, channel: Channel): void;
  /** Whoever may not do this has nothing any more of what it gives. */
  refused(socket: IoSocket, asked: Asked): void;
}

interface Attempt {
  readonly channel: Channel;
  ended: boolean;
}

/** A connection is in at most `roomsPerSocket` channels. */
export function createAdmittance(roomsPerSocket: number): Admittance {
  const attempts = new WeakMap<IoSocket, Set<Attempt>>();

  function refuseTooMany(socket: IoSocket, channel: Channel, open: ReadonlySet<Attempt>): void {
    if (socket.rooms.has(channel)) return;
    const coming = new Set<string>();
    for (const attempt of open) if (!socket.rooms.has(attempt.channel)) coming.add(attempt.channel);
    // Every connection is in a room of its own, named by its id.
    if (!coming.has(channel) && socket.rooms.size - 1 + coming.size >= roomsPerSocket)
      throw new AppError("too_many_rooms");
  }

  function leave(socket: IoSocket, channel: Channel): void {
    for (const attempt of attempts.get(socket) ?? []) if (attempt.channel === channel) attempt.ended = true;
    void socket.leave(channel);
  }

  return {
    async admit(socket, channel, task) {
      const open = attempts.get(socket) ?? new Set();
      attempts.set(socket, open);
      refuseTooMany(socket, channel, open);
      const attempt: Attempt = { channel, ended: false };
      open.add(attempt);
      const entry: Entry = {
        enter() {
          if (!socket.connected || attempt.ended) return false;
          void socket.join(channel);
          return true;
        },
        exit: () => void socket.leave(channel),
      };
      try {
        return await task(entry);
      } catch (error) {
        leave(socket, channel);
        throw error;
      } finally {
        open.delete(attempt);
      }
    },
    leave,
    refused(socket, { operation, room }) {
      if (room === undefined) return;
      if (READING.includes(operation)) {
        leave(socket, logChannel(room));
        leave(socket, presenceChannel(room));
      } else if (operation === "join" || operation === "relay") {
        leave(socket, relayChannel(room));
      }
    },
  };
}
