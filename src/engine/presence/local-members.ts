import type { RoomUsers } from "./types.js";

interface Room {
  /** User by connection. */
  readonly connections: Map<string, string>;
  /** Connections by user, in the order in which the users came. */
  readonly users: Map<string, number>;
}

/** The users whose connections to this worker are in a room. */
export interface LocalMembers {
  /** True when the user was not in the room before. A connection enters a room once. */
  enter(room: string, connection: string, user: string): boolean;
  /** True when this was the user's last connection in the room. */
  exit(room: string, connection: string): boolean;
  /** The room's users, of which the first `listedUsers` are named. */
  of(room: string): RoomUsers;
  rooms(): string[];
}

const NOBODY: RoomUsers = { users: [], count: 0 };

/** Grows with the connections' memberships, which are bounded per connection, and with nothing else. */
export function createLocalMembers(listedUsers: number): LocalMembers {
  const rooms = new Map<string, Room>();

  return {
    enter(name, connection, user) {
      const room = rooms.get(name) ?? { connections: new Map(), users: new Map() };
      rooms.set(name, room);
      if (room.connections.has(connection)) return false;
      room.connections.set(connection, user);
      const before = room.users.get(user) ?? 0;
      room.users.set(user, before + 1);
      return before === 0;
    },
    exit(name, connection) {
      const room = rooms.get(name);
      const user = room?.connections.get(connection);
      if (room === undefined || user === undefined) return false;
      room.connections.delete(connection);
      if (room.connections.size === 0) rooms.delete(name);
      const left = (room.users.get(user) ?? 1) - 1;
      if (left > 0) room.users.set(user, left);
      else room.users.delete(user);
      return left === 0;
    },
    of(name) {
      const room = rooms.get(name);
      if (room === undefined) return NOBODY;
      return { users: [...room.users.keys()].slice(0, listedUsers), count: room.users.size };
    },
    rooms: () => [...rooms.keys()],
  };
}
