import { entryBytes } from "../../../contract/sizes.js";
import { type LiveBatch, type RoomEntry, toWire } from "../../../contract/types.js";
import type { RoomLimits } from "../limits.js";
import type { LogName } from "../room-store.js";
import type { MessageRing } from "./message-ring.js";
import type { RoomCursor } from "./room-cursor.js";

/**
 * How far a worker has read one log of a room, with the newest entries below. Another epoch gets another view. The ring
 * always ends at the cursor: what the cursor passes is in the ring at once, and a jump empties it.
 */
export class LogView implements LogName {
  readonly room: string;
  readonly epoch: string;
  readonly #cursor: RoomCursor;
  readonly #ring: MessageRing;
  #floor: number;

  /** The ring holds what ends at the cursor, or nothing. */
  constructor({ room, epoch }: LogName, floor: number, cursor: RoomCursor, ring: MessageRing) {
    this.room = room;
    this.epoch = epoch;
    this.#floor = floor;
    this.#cursor = cursor;
    this.#ring = ring;
  }

  /** May lag behind the store's. */
  get floor(): number {
    return this.#floor;
  }

  /** Local members have got everything up to here. */
  get last(): number {
    return this.#cursor.last;
  }

  /** Entries held back because an earlier one is missing. */
  get waiting(): number {
    return this.#cursor.waiting;
  }

  /** Highest number held back; `last` when there is none. */
  get highest(): number {
    return this.#cursor.highest;
  }

  /** Whether entries are missing below some that came. */
  get isBehind(): boolean {
    return this.#cursor.waiting > 0 || this.#cursor.overflowed;
  }

  /** Numbers missing between `last` and `below`, the lowest first. */
  missing(below: number, max: number): number[] {
    return this.#cursor.missing(below, max);
  }

  /** The entries from above `seq` to `last`, or undefined when they are not all in memory. */
  since(seq: number): readonly RoomEntry[] | undefined {
    return this.#ring.since(seq);
  }

  /** Takes entries in any order and returns those that follow `last` without a gap, moving it. */
  take(entries: readonly RoomEntry[]): readonly RoomEntry[] {
    return this.#keep(this.#cursor.take(entries));
  }

  /** Forgets that entries were dropped for want of room: the caller reads the store from `last` on. */
  clearOverflow(): void {
    this.#cursor.clearOverflow();
  }

  raiseFloor(floor: number): void {
    this.#floor = Math.max(this.#floor, floor);
  }

  /** Moves `last` up to the floor, over what retention has removed; returns what follows it without a gap. */
  skipTo(floor: number): readonly RoomEntry[] {
    this.raiseFloor(floor);
    const run = this.#cursor.skipTo(floor);
    this.#ring.clear();
    return this.#keep(run);
  }

  /** Frees the memory of what is kept. */
  release(): void {
    this.#ring.clear();
    this.#cursor.release();
  }

  /** An event without messages that tells members where the log goes on. */
  mark(seq: number): LiveBatch {
    return { room: this.room, epoch: this.epoch, after: seq, to: seq, messages: [] };
  }

  /** The events that carry a run, each of bounded size. */
  batches(run: readonly RoomEntry[], limits: Pick<RoomLimits, "pageMessages" | "pageBytes">): LiveBatch[] {
    const { room, epoch } = this;
    let after = (run[0]?.seq ?? 1) - 1;
    return split(run, limits).map((part) => {
      const batch = { room, epoch, after, to: part.at(-1)?.seq ?? after, messages: toWire(part) };
      after = batch.to;
      return batch;
    });
  }

  #keep(run: readonly RoomEntry[]): readonly RoomEntry[] {
    if (run.length > 0) this.#ring.push(run);
    return run;
  }
}

function split(
  run: readonly RoomEntry[],
  limits: Pick<RoomLimits, "pageMessages" | "pageBytes">,
): RoomEntry[][] {
  const parts: RoomEntry[][] = [];
  let part: RoomEntry[] = [];
  let bytes = 0;
  for (const entry of run) {
    bytes += entryBytes(entry);
    if (part.length > 0 && (part.length === limits.pageMessages || bytes > limits.pageBytes)) {
      parts.push(part);
      part = [];
      bytes = entryBytes(entry);
    }
    part.push(entry);
  }
  if (part.length > 0) parts.push(part);
  return parts;
}
