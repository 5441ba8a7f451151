/** Told about what an operator wants to see in figures. */
export interface RoomObserver {
  /** The messages of one publish were committed and journaled, this long after they came. */
  published(durationMs: number): void;
  /** The bus left a gap in a room, which was read from the log. */
  repaired(): void;
  /** Entries of another log than the room's came from a worker, or before the room's new log was known. They were dropped. */
  refused(): void;
}
