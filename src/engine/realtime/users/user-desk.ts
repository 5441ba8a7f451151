import { channelsOf, relayChannel, usuallyAsked } from "../../../contract/channel.js";
import type { Identity } from "../../../contract/domain.js";
import { AppError } from "../../../contract/errors.js";
import { MOST_ROOMS_SHOWN, type Moved, type UserConnection } from "../../../contract/users.js";
import type { EventStreams, OpenStream } from "../../http/event-streams.js";
import type { IoSocket } from "../io.js";
import type { Admittance } from "../rights/admittance.js";
import type { Endings } from "../sessions/endings.js";
import type { LocalUsers } from "./local-users.js";
import type { Answer, UserQuestion } from "./questions.js";

/** A stream has one room, so that it ends. As a socket may, its client may come again: what the user may do by himself stays as it is. */
const TAKEN_OUT = new AppError("forbidden", "You were taken out of this room");

/** What it works with. */
export interface UserDeskParts {
  readonly identity: Identity;
  readonly users: LocalUsers;
  readonly streams: Pick<EventStreams, "of" | "endOf">;
  readonly endings: Pick<Endings, "end">;
  readonly admittance: Pick<Admittance, "admit" | "leave">;
}

/** Does what is asked with this worker's connections of a user. */
export function createUserDesk(parts: UserDeskParts): (question: UserQuestion) => Promise<Answer> {
  const { identity, users, streams, endings, admittance } = parts;

  function shown({ id, conn, handshake, rooms: channels }: IoSocket): UserConnection {
    const since = new Date(handshake.issued).toISOString();
    const rooms = new Set(
      [...channels].map((one) => usuallyAsked(one)?.room).filter((one) => one !== undefined),
    );
    return {
      ...{ session: id, ...identity, transport: conn.transport.name, since },
      ...{ rooms: [...rooms].slice(0, MOST_ROOMS_SHOWN), roomCount: rooms.size },
    };
  }

  function shownStream({ id, room, sinceMs }: OpenStream): UserConnection {
    const rooms = room === undefined ? [] : [room];
    const since = new Date(sinceMs).toISOString();
    return { session: id, ...identity, transport: "stream", since, rooms, roomCount: rooms.length };
  }

  function end(socket: IoSocket, reconnect: boolean): void {
    if (reconnect) {
      endings.end(socket, "disconnected");
    } else {
      socket.emit("closing", { code: "removed" });
      socket.disconnect(); // stock clients take this for a wish, and stay away
    }
  }

  /** The client is told of what it was in. */
  function leave(socket: IoSocket, room: string): void {
    for (const channel of channelsOf(room)) {
      const wasIn = socket.rooms.has(channel);
      admittance.leave(socket, channel); // also what is about to be entered
      const operation = usuallyAsked(channel)?.operation;
      if (wasIn && operation !== undefined) socket.emit("room_closed", { room, operation, code: "removed" });
    }
  }

  /** False when it is in as many rooms as it may be. */
  async function join(socket: IoSocket, room: string): Promise<boolean> {
    try {
      // Whoever puts it there has the right; none of its own is asked for, now or later.
      await admittance.admit(socket, relayChannel(room), undefined, async (entry) => entry.enter());
      return true;
    } catch (error) {
      if (error instanceof AppError && error.code === "too_many_rooms") return false;
      throw error;
    }
  }

  async function move(sockets: readonly IoSocket[], joins: readonly string[], leaves: readonly string[]) {
    let full = 0;
    for (const socket of sockets) {
      for (const room of leaves) leave(socket, room);
      const joined = await Promise.all(joins.map((room) => join(socket, room)));
      if (joined.includes(false)) full += 1;
    }
    const moved: Moved = { connections: sockets.length - full, full };
    return moved;
  }

  return async (question) => {
    const { user } = question;
    const sockets = users.of(user);
    const connections = [...sockets.map(shown), ...streams.of(user).map(shownStream)];
    if (question.kind === "disconnect") {
      for (const socket of sockets) end(socket, question.reconnect);
      streams.endOf(
        { user },
        question.reconnect ? undefined : new AppError("forbidden", "You were disconnected"),
      );
    }
    if (question.kind !== "move") return { connections };
    const ended = question.leave.map((room) => streams.endOf({ user, room }, TAKEN_OUT));
    const moved = await move(sockets, question.join, question.leave);
    const all = ended.reduce((sum, count) => sum + count, moved.connections);
    return { connections, moved: { ...moved, connections: all } };
  };
}
