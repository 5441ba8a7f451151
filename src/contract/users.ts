/** A connection of a user, wherever it is. */
export interface UserConnection {
  /** Public id of its Socket.IO session. */
  readonly session: string;
  readonly instance: string;
  readonly worker: number;
  readonly transport: string;
  /** When it was made, by the clock of its worker, in ISO 8601. */
  readonly since: string;
  /** Rooms that it has joined, subscribed to or watches: at most {@link MOST_ROOMS_SHOWN}, in no order. */
  readonly rooms: readonly string[];
  /** How many there are. */
  readonly roomCount: number;
}

/** Further rooms of a connection are counted only. */
export const MOST_ROOMS_SHOWN = 50;

/** What came of moving a user's connections. */
export interface Moved {
  /** Connections that are where they should be. */
  readonly connections: number;
  /** Those that are in as many rooms as they may be, and joined none of the rooms that were too many. */
  readonly full: number;
}

/**
 * The connections of users, on all workers of all instances. Each method resolves once every worker that is alive has answered.
 * @throws {AppError} `temporary` when one did not: some of it may be done, and it may be repeated.
 */
export interface Users {
  find(user: string): Promise<readonly UserConnection[]>;
  /** Ends all; with `reconnect` in a way that clients repeat by themselves. Tells how many there were. */
  disconnect(user: string, reconnect: boolean): Promise<number>;
  /** Takes all out of rooms and puts them into others, of those that are relayed to. */
  move(user: string, join: readonly string[], leave: readonly string[]): Promise<Moved>;
}
