import { type Channel, usuallyAsked } from "../../../contract/channel.js";
import { AppError } from "../../../contract/errors.js";
import type { Entry } from "../../../contract/event.js";
import type { Asked } from "../../../contract/operations.js";
import type { IoSocket } from "../io.js";

/** What a connection has by a right, or is about to get. */
export interface Held {
  readonly socket: IoSocket;
  readonly channel: Channel;
  /** What was asked for it, and has to be allowed. */
  readonly asked: Asked;
}

/** The way in of one event. */
export interface WayIn extends Entry {
  /** Whether the right has ended since the event came: nothing may be acknowledged. */
  isWithdrawn(): boolean;
}

/** Lets connections into channels, remembers for what, and leaves nothing of them to those who are refused. */
export interface Admittance {
  /**
   * Runs a task that may let the connection into the channel, for what was asked; nothing was asked where no right is needed. When the
   * task fails, the connection is outside, also if it was in before.
   * @throws {AppError} `too_many_rooms`, those that it is about to enter included; `forbidden` when the right ended meanwhile; what the
   * task throws.
   */
  admit<Result>(
    socket: IoSocket,
    channel: Channel,
    asked: Asked | undefined,
    task: (entry: WayIn) => Promise<Result>,
  ): Promise<Result>;
  /** Takes the connection out, and out of what it was about to enter. */
  leave(socket: IoSocket, channel: Channel): void;
  /** The same for a right that has ended; true when the connection was in. */
  withdraw(held: Held): boolean;
  /** What the connection has, or is about to get; in this room, if one is named. */
  held(socket: IoSocket, room?: string): Held[];
  /** The connection has ended. */
  gone(socket: IoSocket): void;
  /** The connections that have, or are about to get, something that is not told by the names of channels. */
  unusual(): Iterable<IoSocket>;
}

interface Attempt {
  readonly channel: Channel;
  readonly asked: Asked | undefined;
  ended: boolean;
  withdrawn: boolean;
}

/** A connection is in at most `roomsPerSocket` channels. */
export function createAdmittance(roomsPerSocket: number): Admittance {
  const attempts = new Map<IoSocket, Set<Attempt>>();
  /** Where something else was asked than the channel's name tells, so that ordinary memberships cost no memory. */
  const others = new Map<IoSocket, Map<Channel, Asked | undefined>>();

  function refuseTooMany(socket: IoSocket, channel: Channel, open: ReadonlySet<Attempt>): void {
    if (socket.rooms.has(channel)) return;
    const coming = new Set<string>();
    for (const attempt of open) if (!socket.rooms.has(attempt.channel)) coming.add(attempt.channel);
    // Every connection is in a room of its own, named by its id.
    if (!coming.has(channel) && socket.rooms.size - 1 + coming.size >= roomsPerSocket)
      throw new AppError("too_many_rooms");
  }

  function remember(socket: IoSocket, channel: Channel, asked: Asked | undefined): void {
    const usual = usuallyAsked(channel);
    if (asked?.operation === usual?.operation && asked?.room === usual?.room) {
      forget(socket, channel);
      return;
    }
    let ofSocket = others.get(socket);
    if (ofSocket === undefined) {
      ofSocket = new Map();
      others.set(socket, ofSocket);
    }
    ofSocket.set(channel, asked);
  }

  function forget(socket: IoSocket, channel: Channel): void {
    others.get(socket)?.delete(channel);
  }

  function out(socket: IoSocket, channel: Channel): void {
    forget(socket, channel);
    void socket.leave(channel);
  }

  function leave(socket: IoSocket, channel: Channel): void {
    for (const attempt of attempts.get(socket) ?? []) if (attempt.channel === channel) attempt.ended = true;
    out(socket, channel);
  }

  function askedFor(socket: IoSocket, channel: Channel): Asked | undefined {
    const ofSocket = others.get(socket);
    return ofSocket?.has(channel) ? ofSocket.get(channel) : usuallyAsked(channel);
  }

  return {
    async admit(socket, channel, asked, task) {
      const open = attempts.get(socket) ?? new Set();
      refuseTooMany(socket, channel, open);
      attempts.set(socket, open);
      const attempt: Attempt = { channel, asked, ended: false, withdrawn: false };
      open.add(attempt);
      const entry: WayIn = {
        enter() {
          if (!socket.connected || attempt.ended) return false;
          remember(socket, channel, asked);
          void socket.join(channel);
          return true;
        },
        exit: () => out(socket, channel),
        isWithdrawn: () => attempt.withdrawn,
      };
      try {
        const result = await task(entry);
        if (!attempt.withdrawn) return result;
      } catch (error) {
        // After a withdrawal it is outside already, and a later attempt may have been allowed.
        if (!attempt.withdrawn) leave(socket, channel);
        throw error;
      } finally {
        open.delete(attempt);
        if (open.size === 0) attempts.delete(socket);
      }
      throw new AppError("forbidden");
    },
    leave,
    withdraw({ socket, channel, asked }) {
      for (const attempt of attempts.get(socket) ?? []) {
        if (attempt.channel === channel && attempt.asked?.operation === asked.operation)
          attempt.withdrawn = true;
      }
      const wasIn = socket.rooms.has(channel);
      leave(socket, channel);
      return wasIn;
    },
    held(socket, room) {
      const held: Held[] = [];
      const add = (channel: Channel, asked: Asked | undefined): void => {
        if (asked !== undefined && (room === undefined || asked.room === room))
          held.push({ socket, channel, asked });
      };
      for (const name of socket.rooms) {
        if (name !== socket.id) add(name as Channel, askedFor(socket, name as Channel));
      }
      for (const { channel, asked, ended } of attempts.get(socket) ?? []) {
        const isKnown = held.some(
          (one) => one.channel === channel && one.asked.operation === asked?.operation,
        );
        if (!ended && !isKnown) add(channel, asked);
      }
      return held;
    },
    gone: (socket) => void others.delete(socket),
    unusual: () => new Set([...attempts.keys(), ...others.keys()]),
  };
}
