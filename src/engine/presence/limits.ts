/** Every bound and wait of the presence. */
export interface PresenceLimits {
  /** Changes of this worker's members are gathered for this time before they are written and announced. */
  readonly flushMs: number;
  /** Hints of other workers are gathered for this time before rooms are read again. */
  readonly hintMs: number;
  /** Watched rooms are read again after this time, hint or not. */
  readonly resyncMs: number;
  /** The same while other workers cannot be heard. */
  readonly resyncDownMs: number;
  /** A question is answered from what was read within this time. */
  readonly freshMs: number;
  /** How long what was read about a room that nobody watches is kept. */
  readonly lingerMs: number;
  /** Wait after a write that failed. */
  readonly retryMs: number;
  /** Time between two searches for what dead workers left behind, ±20 %. */
  readonly strayMs: number;
  /** Users named per room and worker, and per answer; more are only counted. */
  readonly listedUsers: number;
  /** Rooms per read and per write. */
  readonly batchRooms: number;
  /** Rooms that may wait for a read; more are refused. */
  readonly waitingRooms: number;
  /** Rooms known in one worker because they are watched or were asked for; more are refused. */
  readonly openRooms: number;
}

/**
 * A killed worker is gone from answers as soon as the membership knows of its end. Its users are announced as left 10 s
 * (its `graceMs`) and a look later if its end was seen, at once otherwise.
 */
export const PRESENCE_LIMITS: PresenceLimits = {
  flushMs: 250,
  hintMs: 200,
  resyncMs: 15_000,
  resyncDownMs: 2_000,
  freshMs: 1_000,
  lingerMs: 10_000,
  retryMs: 3_000,
  strayMs: 60_000,
  listedUsers: 500,
  batchRooms: 100,
  waitingRooms: 5_000,
  openRooms: 20_000,
};
