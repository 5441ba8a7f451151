// What the revocations are given besides their store, which is revocation-store.ts.

/** The doorbell: tells other workers to look. May lose, repeat and delay. */
export interface RevocationBus {
  /** Never throws and never waits. */
  ring(): void;
  /** Another worker has rung, or may have while this one could not hear it. The returned function ends it. */
  onRing(look: () => void): () => void;
}

/** Told about what operators want to know. */
export interface RevocationObserver {
  /** The store could not be read; told once until it can be again. */
  failed(error: unknown): void;
  over(): void;
  /** What was over could not be removed; the next run tries again. */
  notRemoved(error: unknown): void;
  /** Somebody was not let in. `stale`: it could not be known whether he may. */
  refused(reason: "revoked" | "stale"): void;
}
