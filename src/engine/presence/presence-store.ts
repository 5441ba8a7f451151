import type { RoomUsers } from "./types.js";

/** A worker's record: it is alive as long as others see `beat` change. */
export interface PresenceNode {
  readonly id: string;
  readonly beat: number;
  /** True once it is known to have ended. It never lives again under this id. */
  readonly gone: boolean;
}

/** The users of one room on one worker. */
export interface PresenceEntry extends RoomUsers {
  readonly room: string;
  readonly node: string;
}

/**
 * Where the workers tell each other who is on them. Nothing here has to survive a fail-over (w:1): what is lost is
 * found out by a missing beat or written again. Every method rejects, within a bounded time, when the store is away.
 */
export interface PresenceStore {
  /** Makes sure that the node has a record. */
  enroll(node: string): Promise<void>;
  /** A sign of life. False when the node has no record any more or is marked as gone: others took it for dead. */
  beat(node: string): Promise<boolean>;
  nodes(): Promise<readonly PresenceNode[]>;
  /** Marks a node as ended. True when this call did it, false when it was marked or has no record. */
  markGone(node: string): Promise<boolean>;
  /** Removes a node's record if its beat is still this one; true when this call did it. Its entries stay. */
  remove(node: string, beat: number): Promise<boolean>;
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
  /** This node has ended. */
  tellGone(node: string): void;
  /** What others tell. The returned function ends it. */
  listen(hear: { rooms(rooms: readonly string[]): void; gone(node: string): void }): () => void;
  /** Called whenever others can be heard again after a time in which something may have been missed. */
  onReady(handler: () => void): () => void;
  /** False while others are known not to be heard. */
  isUp(): boolean;
}
