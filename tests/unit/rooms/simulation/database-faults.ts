/** Probabilities per call and times in ms; all zero by default makes a perfect store. */
export interface DatabaseFaults {
  lostRequest: number;
  lostReply: number;
  /** Applied 0.5 to 8.5 s after the caller was told that it failed. */
  zombie: number;
  /** A pause of up to 3 s between two documents of one insert. */
  pausedInsert: number;
  /** Read from a member that is up to 3 s behind. */
  staleRead: number;
  /** Longest time until a majority has a write. */
  commitLagMs: number;
}

export const NO_FAULTS: Readonly<DatabaseFaults> = {
  lostRequest: 0,
  lostReply: 0,
  zombie: 0,
  pausedInsert: 0,
  staleRead: 0,
  commitLagMs: 2,
};

/** What a broken deployment lacks. */
export interface DatabaseOptions {
  readonly uniqueSlots: boolean;
  readonly uniqueIds: boolean;
  readonly majorityWrites: boolean;
  /** Without them, reads show what is not committed yet, as those of a single server show what is not journaled. */
  readonly committedReads: boolean;
}

export const SOUND: DatabaseOptions = {
  uniqueSlots: true,
  uniqueIds: true,
  majorityWrites: true,
  committedReads: true,
};
