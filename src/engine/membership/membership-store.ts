/** Where the other instances reach this one. */
export interface InstanceAddress {
  /** Stands for the instance in its session ids. */
  readonly key: string;
  readonly url: string;
}

/** A worker's record: it is alive as long as others see `beat` change. */
export interface MemberNode {
  readonly id: string;
  readonly beat: number;
  /** True once it is known to have ended. It never lives again under this id. */
  readonly gone: boolean;
  /** Its instance's address, the same for all workers of it; undefined if there is none. */
  readonly peer?: InstanceAddress | undefined;
}

/**
 * The records of all workers. Nothing here has to survive a fail-over (w:1): what is lost is found out by a missing
 * beat. Every method rejects, within a bounded time, when the store is away.
 */
export interface MembershipStore {
  /** Makes sure that the node has a record. */
  enroll(node: string, peer: InstanceAddress | undefined): Promise<void>;
  /** A sign of life. False when the node has no record any more or is marked as gone: others took it for dead. */
  beat(node: string): Promise<boolean>;
  nodes(): Promise<readonly MemberNode[]>;
  /** Marks a node as ended. True when this call did it, false when it was marked or has no record. */
  markGone(node: string): Promise<boolean>;
  /** Removes a node's record if its beat is still this one; true when this call did it. */
  remove(node: string, beat: number): Promise<boolean>;
}

/** Tells other workers at once what a look would find later. May lose, repeat, reorder and delay. Never waits. */
export interface MembershipBus {
  /** This node has ended. */
  tellGone(node: string): void;
  /** What others tell. The returned function ends it. */
  onGone(hear: (node: string) => void): () => void;
}
