/** Who is in a room, as an answer. A user with several connections is one. */
export interface RoomPresence {
  /** At most `listedUsers`, in no promised order. */
  readonly users: readonly string[];
  /** All who are there. Where more are in the room than are listed, a user of two workers may count twice. */
  readonly count: number;
}

/**
 * The event `presence`: what has changed for those who watch a room. Whoever keeps a set that begins with the answer to
 * `watch`, adds `joined` and removes `left`, has the list that a watcher coming now would get.
 */
export interface PresenceChange {
  readonly room: string;
  readonly joined: readonly string[];
  readonly left: readonly string[];
  /** Size of that list, and those who are not listed. */
  readonly count: number;
}

/** Users of one room on one worker. */
export interface RoomUsers {
  /** The first `listedUsers` in the order in which they came. */
  readonly users: readonly string[];
  /** All of them. */
  readonly count: number;
}
