import type { PresenceEntry } from "./presence-store.js";
import type { PresenceChange, RoomPresence, RoomUsers } from "./types.js";

/** What this worker knows of one room. */
export interface RoomView {
  readonly room: string;
  /** Other workers' entries by node, as last read. */
  entries: ReadonlyMap<string, PresenceEntry>;
  /** When the read began that brought them. */
  readAtMs: number;
  /** Something was heard since: they have to be read again. */
  stale: boolean;
  /** When it was last asked for. */
  usedAtMs: number;
  reading: Promise<void> | undefined;
  /** What the watchers know, by the answers and events that they got. */
  announced: { users: ReadonlySet<string>; count: number };
}

export function blankView(room: string): RoomView {
  return {
    room,
    entries: new Map(),
    readAtMs: Number.NEGATIVE_INFINITY,
    stale: true,
    usedAtMs: 0,
    reading: undefined,
    announced: { users: new Set(), count: 0 },
  };
}

/** Everybody in any of the parts. Who is only counted there is counted here. */
export function union(parts: readonly RoomUsers[]): { users: Set<string>; count: number } {
  const users = new Set<string>();
  let unlisted = 0;
  for (const part of parts) {
    for (const user of part.users) users.add(user);
    unlisted += part.count - part.users.length;
  }
  return { users, count: users.size + unlisted };
}

/** The answer to a question. */
export function presenceOf(parts: readonly RoomUsers[], listedUsers: number): RoomPresence {
  const { users, count } = union(parts);
  return { users: [...users].slice(0, listedUsers), count };
}

/**
 * Brings what the watchers know up to date and returns the difference, or undefined when there is none. Who is listed
 * stays listed, so that in a room with more users than are listed nobody comes and goes for the sake of the list.
 */
export function announce(
  view: RoomView,
  parts: readonly RoomUsers[],
  listedUsers: number,
): PresenceChange | undefined {
  const { users: before, count: countBefore } = view.announced;
  const { users: all, count } = union(parts);
  const users = new Set([...before].filter((user) => all.has(user)));
  const left = [...before].filter((user) => !all.has(user));
  const joined: string[] = [];
  for (const user of all) {
    if (users.size >= listedUsers) break;
    if (users.has(user)) continue;
    users.add(user);
    joined.push(user);
  }
  view.announced = { users, count };
  if (joined.length === 0 && left.length === 0 && count === countBefore) return undefined;
  return { room: view.room, joined, left, count };
}
