import type { RoomUsers } from "./types.js";

/** The users of one room on one worker. */
export interface PresenceEntry extends RoomUsers {
  readonly room: string;
  readonly node: string;
}

/**
 * Where the workers tell each other who is on them. Nothing here has to survive a fail-over (w:1): what is lost is
 * written again, or its node taken for dead. Every method rejects, within a bounded time, when the store is away.
 */
export interface PresenceStore {
  /** Removes all entries of these nodes. */
  clear(nodes: readonly string[]): Promise<void>;
  /** Replaces the node's entries of these rooms; one that counts nobody is removed. Atomic per room only. */
  write(node: string, rooms: ReadonlyMap<string, RoomUsers>): Promise<void>;
  /** All nodes' entries of these rooms. Called with at most `batchRooms` rooms. */
  read(rooms: readonly string[]): Promise<readonly PresenceEntry[]>;
  /** Nodes that have entries but no record: remains, as a node enrolls before it writes. */
  strays(): Promise<readonly string[]>;
}

/** The doorbell between workers. May lose, repeat, reorder and delay. Never throws and never waits. */
export interface PresenceBus {
  /** These rooms have changed. At most `batchRooms`. */
  tellRooms(rooms: readonly string[]): void;
  /** What others tell. The returned function ends it. */
  onRooms(hear: (rooms: readonly string[]) => void): () => void;
  /** Called whenever others can be heard again after a time in which something may have been missed. */
  onReady(handler: () => void): () => void;
  /** False while others are known not to be heard. */
  isUp(): boolean;
}
