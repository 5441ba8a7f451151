import { isTombstone, type RoomMessage } from "../../contract/types.js";
import type { Component } from "../process/lifecycle.js";
import type { Clock, Report } from "./ports.js";
import type { RoomHead, RoomStore } from "./room-store.js";

/** What is kept of a room. `Infinity` switches a rule off. */
export interface RetentionLimits {
  /** Newest messages to keep. */
  readonly messages: number;
  /** Older messages go, and with each its id: sent again, it is stored a second time. */
  readonly ageMs: number;
  /**
   * What is younger stays, whatever the count says. Must exceed by far how long a commit may take (15 s): a number in
   * flight must not fall below the floor. One that does so all the same is not acknowledged. Ids are known this long at
   * least, so senders give up or go on at their risk after it.
   */
  readonly youngestMs: number;
}

export const RETENTION_LIMITS: RetentionLimits = {
  messages: 100_000,
  ageMs: 30 * 24 * 3_600_000,
  youngestMs: 10 * 60_000,
};

/** Time between two runs over all rooms, ±20 %, so that instances do not do it together. */
const INTERVAL_MS = 10 * 60_000;

/** Rooms per page while walking over all rooms. */
const ROOMS = 200;
const ONE = { messages: 1, bytes: 1 };
/** Entries per read while tombstones are passed over. */
const MANY = { messages: 500, bytes: 64 * 1024 };

export interface Retention {
  /** Trims one room and resolves with its floor, or with undefined when there is no such room. */
  trim(room: string): Promise<number | undefined>;
  /** Trims all rooms, one after the other; a room that fails is reported and left for the next run. */
  run(): Promise<void>;
  /** Makes a run end after the room at work, of which no failure is told any more. */
  stop(): void;
}

/**
 * Trims rooms: first the floor, then the messages, so that a reader can always tell "removed" from "missing". Several
 * workers may do it at once. There is no index on time: times ascend with the numbers. They are those of the store's clock,
 * as is the time of the run, so that no wrong clock of a worker trims what is fresh.
 */
export function createRetention(
  deps: { readonly store: RoomStore; readonly report: Report },
  limits: RetentionLimits = RETENTION_LIMITS,
): Retention {
  const { store, report } = deps;
  let stopped = false;

  /** The first message above a number. Tombstones are passed over: their times are those of workers' clocks. */
  async function messageAbove(room: string, seq: number): Promise<RoomMessage | undefined> {
    let last = seq;
    for (let limit = ONE; ; limit = MANY) {
      const { entries, more } = await store.after(room, last, limit);
      const message = entries.find((entry): entry is RoomMessage => !isTombstone(entry));
      if (message !== undefined || !more) return message;
      last = entries.at(-1)?.seq ?? last;
    }
  }

  /** The highest number up to which all is older than `before`, by bisection: about 17 reads for 100,000 messages. */
  async function lastOlder(room: string, floor: number, top: number, before: number): Promise<number> {
    let older = floor;
    let younger = top + 1;
    let probe = floor + 1;
    while (older + 1 < younger) {
      const entry = await messageAbove(room, probe - 1);
      if (entry === undefined || entry.seq >= younger) younger = probe;
      else if (entry.at < before) older = entry.seq;
      else younger = probe;
      probe = Math.floor((older + younger) / 2);
    }
    return older;
  }

  async function newFloor(room: string, head: RoomHead): Promise<number> {
    const newest = (await store.before(room, Number.POSITIVE_INFINITY, ONE)).entries[0];
    if (newest === undefined) return head.floor;
    const now = await store.date();
    const byCount = Math.min(newest.seq, Math.max(head.floor, newest.seq - limits.messages));
    const counted =
      byCount > head.floor ? await lastOlder(room, head.floor, byCount, now - limits.youngestMs) : head.floor;
    const ageMs = Math.max(limits.ageMs, limits.youngestMs);
    return Math.max(counted, await lastOlder(room, head.floor, newest.seq, now - ageMs));
  }

  async function trim(room: string): Promise<number | undefined> {
    const head = (await store.heads([room])).get(room);
    if (head === undefined) return undefined;
    const floor = await newFloor(room, head);
    if (floor > head.floor) await store.raiseFloor(room, floor);
    // Even when the floor stays: an earlier run may have stopped half-way.
    if (floor > 0) await store.deleteUpTo(room, floor);
    return floor;
  }

  return {
    trim,
    async run() {
      for (let name = ""; !stopped; ) {
        const names = await store.names(name, ROOMS);
        for (const room of names) {
          if (stopped) return;
          await trim(room).catch((error: unknown) => {
            if (!stopped) report("retention", error);
          });
        }
        const last = names.at(-1);
        if (last === undefined) return;
        name = last;
      }
    },
    stop() {
      stopped = true;
    },
  };
}

/** Runs retention from time to time. A stop does not wait for the room at work: the next run goes on with it, in whatever process. */
export function createRetentionJob(retention: Retention, clock: Clock): Component {
  let cancel = (): void => {};
  let isStopped = false;

  function schedule(): void {
    if (isStopped) return;
    cancel = clock.later(INTERVAL_MS * (0.8 + 0.4 * clock.random()), () => {
      // Its rooms fail one by one, inside; what fails here is the list of rooms, and the next run tries again.
      void retention.run().then(schedule, schedule);
    });
  }

  return {
    name: "room retention",
    async start() {
      schedule();
    },
    async stop() {
      isStopped = true;
      retention.stop();
      cancel();
    },
  };
}
