import type { RoomEntry, RoomMessage } from "../../contract/types.js";

/** A room's record. */
export interface RoomHead {
  /** Highest number handed out; messages may be missing at or below it, and after a fail-over it may lag behind them. */
  readonly seq: number;
  /** Highest number that retention has given up; what is missing at or below it was trimmed. Never goes down. */
  readonly floor: number;
  /** Name of this log. Another epoch means another log: positions of the old one are void. */
  readonly epoch: string;
}

/** Numbers that a writer got, and when, by the store's clock in ms since the epoch. */
export interface Numbers {
  /** The highest of them. */
  readonly top: number;
  readonly at: number;
  /** Of the log that they belong to, see `RoomHead.epoch`. */
  readonly epoch: string;
}

/** One log of a room. */
export interface LogName {
  readonly room: string;
  readonly epoch: string;
}

/** Bounds of one read. At least one entry is returned when there is any, however large. */
export interface PageLimit {
  readonly messages: number;
  /** Approximate size as JSON; bodies may be 64 KiB each, so a count alone would not bound a read. */
  readonly bytes: number;
}

export interface StoredPage {
  /** Ascending by seq, without a promise that the numbers are contiguous. */
  readonly entries: readonly RoomEntry[];
  /** True when the limit ended the page, not the log. */
  readonly more: boolean;
}

/**
 * The durable log. Every method rejects when the outcome is unknown or the store is away, within a bounded time
 * (10 s): callers retry and reconcile, they never guess.
 *
 * Reads return only what no fail-over and no crash can undo (read concern majority on a replica set, from the primary; on
 * a single server they wait until what they found is journaled). They may miss what is newer, so "not there" is never
 * proof but for `holds`; only the two unique keys decide.
 */
export interface RoomStore {
  /**
   * Hands out the next `count` numbers; creates the record with a random epoch. Atomic among all callers. Times never go
   * down from one number to the next, unless a fail-over loses the newest of them. It need not survive a fail-over (w:1): numbers handed out twice are settled by the unique slots.
   */
  allocate(room: string, count: number): Promise<Numbers>;
  /** The store's clock in ms since the epoch, the one that `allocate` goes by. Rejects while no room has a record. */
  date(): Promise<number>;
  /**
   * Stores entries under two unique keys: `messageKey`/`tombstoneKey`, and (room, seq). "stored" = all of them,
   * committed by a majority and journaled. "conflict" = at least one key was taken, and nothing else is said about the
   * rest: `ordered` stops at the first, in order; otherwise the others are stored. A rejection says nothing at all, and
   * the write may even be applied later. Must round-trip every JSON value exactly, so it cannot fail for its content.
   */
  insert(entries: readonly RoomEntry[], options: { ordered: boolean }): Promise<"stored" | "conflict">;
  /** Messages by `messageKey`. */
  byIds(keys: readonly string[]): Promise<ReadonlyMap<string, RoomMessage>>;
  /** Which of the numbers hold an entry. Called with at most 1000 numbers. */
  bySlots(room: string, seqs: readonly number[]): Promise<ReadonlySet<number>>;
  /**
   * Whether the number holds an entry now. Unlike the other reads it misses nothing that was committed before the call
   * (linearizable on a replica set), so that "no" is proof. It waits for a majority: for rare questions.
   */
  holds(room: string, seq: number): Promise<boolean>;
  /** The oldest entries with a number above `seq`. */
  after(room: string, seq: number, limit: PageLimit): Promise<StoredPage>;
  /** The newest entries with a number below `seq`, ascending too. `Infinity` asks for the tail of the log. */
  before(room: string, seq: number, limit: PageLimit): Promise<StoredPage>;
  /** How many messages have a number above `seq`, counted up to `atMost`. */
  count(room: string, seq: number, atMost: number): Promise<number>;
  /** Records of the rooms that have one, in one query. Called with at most 1000 rooms. */
  heads(rooms: readonly string[]): Promise<ReadonlyMap<string, RoomHead>>;
  /** Makes sure that the room has a record that survives a fail-over (majority). */
  create(room: string): Promise<void>;
  /**
   * counter := max(counter, `seq`), committed by a majority before it resolves. Heals a counter that a fail-over has
   * set back; the room has a record by then.
   */
  raise(room: string, seq: number): Promise<void>;
  /** floor := max(floor, `floor`), committed by a majority before it resolves. */
  raiseFloor(room: string, floor: number): Promise<void>;
  /**
   * Deletes messages at numbers that the floor has given up, so that their keys can have other ones. What these keys
   * hold at other numbers by now is left alone. Resolves once that is committed.
   */
  withdraw(messages: readonly RoomMessage[]): Promise<void>;
  /** Deletes entries numbered `floor` or lower. May stop half-way. Only ever called after `raiseFloor(floor)`. */
  deleteUpTo(room: string, floor: number): Promise<void>;
  /**
   * Gives the room another log: a random epoch, and a floor at its counter, which goes on. Committed by a majority before it resolves,
   * with the new head; undefined when the room has no record.
   */
  replace(room: string): Promise<RoomHead | undefined>;
  /** Names of at most `limit` rooms above `after` in their order, of those that begin with `prefix`, to walk over all rooms. */
  names(after: string, limit: number, prefix?: string): Promise<readonly string[]>;
}
