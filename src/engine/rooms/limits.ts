const KIB = 1024;
const MIB = 1024 * KIB;

/** Every bound and wait of the rooms. Sizes are those of bodies as JSON, plus a constant per message. */
export interface RoomLimits {
  /** Messages committed by one insert. */
  readonly batchMessages: number;
  /** Size of one batch, which is also that of one bus event. */
  readonly batchBytes: number;
  /** Messages waiting in one room of one worker; more are refused. */
  readonly queuedMessages: number;
  /** Size of all messages waiting in one worker; more are refused. */
  readonly queuedBytes: number;
  /** How long a message may wait for its commit; then it and all behind it in the room are refused. */
  readonly deadlineMs: number;
  /** How long commits are waited for at the end. In a worker it is a share of the time of its stop. */
  readonly drainMs: number;
  /** Messages of one `publish`. */
  readonly publishMessages: number;
  /** Messages of one page of history. */
  readonly pageMessages: number;
  /** Size of one page and of one live event. A single larger message still travels, alone. */
  readonly pageBytes: number;
  /** Messages that a subscriber without a position gets unless it asks for another number. */
  readonly rewindMessages: number;
  /** Newest messages kept in memory per open room, so that a resume near the head costs no read. */
  readonly ringMessages: number;
  /** Size of what is kept per open room. */
  readonly ringBytes: number;
  /** Size of what is kept for all open rooms; those used longest ago give way. */
  readonly ringsBytes: number;
  /** Messages kept per room while an earlier one is missing; more are dropped and read again later. */
  readonly bufferedMessages: number;
  /** Size of what is kept like that for all rooms; of what exceeds it, one message per room is kept. */
  readonly bufferedBytes: number;
  /** A missing number is looked up in the store after this time. */
  readonly gapMs: number;
  /** A missing number is declared unused after this time. */
  readonly holeMs: number;
  /** Numbers declared unused in one write. */
  readonly fillNumbers: number;
  /** Numbers below the head that are checked for missing ones when a room is opened; at most 1000. */
  readonly openNumbers: number;
  /** Longest time between two checks of all open rooms for a lost tail; 15 % less on average. */
  readonly sweepMs: number;
  /** The same while the bus is down; then this is also how late messages of other workers arrive. */
  readonly sweepDownMs: number;
  /** Rooms per query of that check; at most 1000. */
  readonly sweepRooms: number;
  /** How long a room without local members stays open. */
  readonly lingerMs: number;
  /** Rooms open in one worker; more are refused. */
  readonly openRooms: number;
  /** Subscribes of one client that are under way at a time in one worker; more wait for these. */
  readonly subscribesOfClient: number;
  /** Reads of history at once in one worker. */
  readonly reads: number;
  /** Reads waiting for their turn; more are refused. */
  readonly waitingReads: number;
}

export const ROOM_LIMITS: RoomLimits = {
  batchMessages: 200,
  batchBytes: MIB,
  queuedMessages: 2000,
  queuedBytes: 64 * MIB,
  deadlineMs: 15_000,
  drainMs: 5_000,
  publishMessages: 50,
  pageMessages: 200,
  pageBytes: 256 * KIB,
  rewindMessages: 50,
  ringMessages: 64,
  ringBytes: 64 * KIB,
  ringsBytes: 64 * MIB,
  bufferedMessages: 1000,
  bufferedBytes: 64 * MIB,
  gapMs: 50,
  holeMs: 1_000,
  fillNumbers: 500,
  openNumbers: 1000,
  // Half a second and a tenth less than what is promised, for the check itself.
  sweepMs: 4_500,
  sweepDownMs: 900,
  sweepRooms: 1000,
  lingerMs: 10_000,
  openRooms: 20_000,
  subscribesOfClient: 4,
  reads: 16,
  waitingReads: 5_000,
};
