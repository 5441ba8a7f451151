import type { RoomEntry } from "../../../contract/types.js";
import type { HeldBytes } from "./held-bytes.js";

/** Turns entries that come unordered, repeated and with gaps into one contiguous ascending run. */
export interface RoomCursor {
  /** Everything up to here has been returned. */
  readonly last: number;
  /** Entries held back because an earlier one is missing. */
  readonly waiting: number;
  /** Highest number held back; `last` when there is none. */
  readonly highest: number;
  /** True when entries were dropped because too many are held back; they have to be read from the store. */
  readonly overflowed: boolean;
  /** Takes entries in any order and returns those that follow `last` without a gap, moving it. */
  take(entries: readonly RoomEntry[]): RoomEntry[];
  /** Moves `last` over numbers that retention has removed; returns what follows it without a gap. */
  skipTo(seq: number): RoomEntry[];
  /** Numbers missing between `last` and `below`, the lowest first. */
  missing(below: number, max: number): number[];
  /** Forgets that entries were dropped: the caller reads the store from `last` on. */
  clearOverflow(): void;
  /** Drops what is held back. */
  release(): void;
}

/** `bytes` bounds what all cursors hold back together. */
export function createRoomCursor(start: number, maxWaiting: number, bytes: HeldBytes): RoomCursor {
  const held = new Map<number, RoomEntry>();
  let last = start;
  let overflowed = false;

  function hold(entry: RoomEntry): boolean {
    if (held.size >= maxWaiting) return false;
    // One is always held: its number tells how far the log goes, and thereby what is missing.
    if (held.size === 0) bytes.force(entry);
    else if (!bytes.take(entry)) return false;
    held.set(entry.seq, entry);
    return true;
  }

  function drop(seq: number): void {
    const entry = held.get(seq);
    if (entry === undefined) return;
    held.delete(seq);
    bytes.give(entry);
  }

  function follow(run: RoomEntry[]): RoomEntry[] {
    for (let next = held.get(last + 1); next !== undefined; next = held.get(last + 1)) {
      drop(next.seq);
      last = next.seq;
      run.push(next);
    }
    return run;
  }

  return {
    get last() {
      return last;
    },
    get waiting() {
      return held.size;
    },
    get highest() {
      let highest = last;
      for (const seq of held.keys()) highest = Math.max(highest, seq);
      return highest;
    },
    get overflowed() {
      return overflowed;
    },
    take(entries) {
      const run: RoomEntry[] = [];
      for (const entry of entries) {
        if (entry.seq <= last) continue;
        if (entry.seq === last + 1) {
          drop(entry.seq);
          last = entry.seq;
          run.push(entry);
          follow(run);
        } else if (!held.has(entry.seq) && !hold(entry)) {
          overflowed = true;
        }
      }
      return run;
    },
    skipTo(seq) {
      if (seq <= last) return [];
      last = seq;
      for (const passed of [...held.keys()]) if (passed <= seq) drop(passed);
      return follow([]);
    },
    missing(below, max) {
      const seqs: number[] = [];
      for (let seq = last + 1; seq < below && seqs.length < max; seq += 1) if (!held.has(seq)) seqs.push(seq);
      return seqs;
    },
    clearOverflow() {
      overflowed = false;
    },
    release() {
      for (const seq of [...held.keys()]) drop(seq);
    },
  };
}
