import { isTombstone, messageKey, type RoomEntry, tombstoneKey } from "../../../../src/contract/types.js";
import type { RoomHead, RoomStore } from "../../../../src/engine/rooms/room-store.js";
import { type DatabaseFaults, type DatabaseOptions, NO_FAULTS, SOUND } from "./database-faults.js";
import { createLogHistory, type Log } from "./log-history.js";
import {
  copyState,
  cut,
  emptyState,
  put,
  type ReplicaState,
  readSlots,
  remove,
  slotsOf,
  trim,
} from "./replica-state.js";
import { type Chance, type ProcessClock, START_MS, type VirtualTime } from "./virtual-time.js";

/** After this time a caller gives up, whatever becomes of its call. */
const SOCKET_TIMEOUT_MS = 10_000;

/** A replica set: writes hold once a majority has them, and a fail-over takes back those that it does not have. */
export interface Database {
  readonly faults: DatabaseFaults;
  /** The store as one worker sees it. */
  connect(clock: ProcessClock): RoomStore;
  /** The primary is gone for a while, and with it what no majority had. */
  failOver(downMs: number): void;
  /** Gives the room another epoch, as an operator does after a restore. */
  renew(room: string): void;
  /** The same, and the log ends at `seq` again, as it did when the backup was made. */
  restore(room: string, seq: number): void;
  /** Every entry that was ever committed, in the order of commits. */
  readonly history: readonly RoomEntry[];
  committedAt(entry: RoomEntry): number;
  /** The logs that the room has had, the newest last. What retention removed stays in them. */
  logs(room: string): readonly Log[];
  head(room: string): RoomHead | undefined;
  readonly failOvers: number;
}

interface Write {
  readonly apply: (state: ReplicaState) => void;
  readonly at: number;
  done: ((committed: boolean) => void) | undefined;
}

export function createDatabase(
  time: VirtualTime,
  chance: Chance,
  options: DatabaseOptions = SOUND,
): Database {
  const faults: DatabaseFaults = { ...NO_FAULTS };
  const history: RoomEntry[] = [];
  const logs = createLogHistory((room) => committed.heads.get(room)?.epoch ?? "");
  const committedAt = new Map<RoomEntry, number>();
  const committed = emptyState();
  let primary = emptyState();
  let uncommitted: Write[] = [];
  let term = 0;
  let upAt = 0;
  let serial = 0;
  let restores = 0;

  /** Applies a write to the primary; resolves with whether it was committed rather than rolled back. */
  function write(apply: (state: ReplicaState) => void): Promise<boolean> {
    apply(primary);
    const lagMs = chance.between(0.5, faults.commitLagMs);
    const at = Math.max(time.now + lagMs, uncommitted.at(-1)?.at ?? 0);
    return new Promise((done) => {
      const entry: Write = { apply, at, done };
      uncommitted.push(entry);
      time.later(at - time.now, () => commitUpTo(entry));
    });
  }

  function commitUpTo(last: Write): void {
    const count = uncommitted.indexOf(last) + 1;
    for (const entry of uncommitted.splice(0, count)) {
      entry.apply(committed);
      entry.done?.(true);
    }
  }

  function keyOf(entry: RoomEntry): string {
    if (isTombstone(entry)) return tombstoneKey(entry);
    return options.uniqueIds ? messageKey(entry) : `${messageKey(entry)}#${serial++}`;
  }

  /** Stores one document; undefined when a key is taken. */
  function insertOne(entry: RoomEntry): Promise<boolean> | undefined {
    const key = keyOf(entry);
    const taken = slotsOf(primary, entry.room)[entry.seq] !== undefined;
    if (primary.keys.has(key) || (options.uniqueSlots && taken)) return undefined;
    return write((state) => {
      put(state, key, entry);
      if (state !== committed) return;
      history.push(entry);
      logs.newest(entry.room).entries.push(entry);
      committedAt.set(entry, time.now);
    });
  }

  async function insert(entries: readonly RoomEntry[], ordered: boolean): Promise<"stored" | "conflict"> {
    const began = term;
    const pauseAt = chance.hits(faults.pausedInsert) ? chance.pick(entries) : undefined;
    const writes: Promise<boolean>[] = [];
    let conflict = false;
    for (const entry of entries) {
      if (entry === pauseAt) await wait(chance.between(1, 3000));
      if (began !== term) throw new Error("the primary stepped down");
      const result = insertOne(entry);
      if (result !== undefined) writes.push(result);
      conflict ||= result === undefined;
      if (conflict && ordered) break;
    }
    if (options.majorityWrites) await allCommitted(writes);
    return conflict ? "conflict" : "stored";
  }

  async function allCommitted(writes: readonly Promise<boolean>[]): Promise<void> {
    if ((await Promise.all(writes)).includes(false)) throw new Error("the write was rolled back");
  }

  function setHead(room: string, change: (head: RoomHead) => RoomHead): Promise<boolean> {
    const fresh = (): RoomHead => ({ seq: 0, floor: 0, epoch: `epoch-${serial++}` });
    const next = change(primary.heads.get(room) ?? fresh());
    return write((state) => void state.heads.set(room, next));
  }

  function wait(ms: number): Promise<void> {
    return new Promise((resolve) => time.later(ms, resolve));
  }

  /** What a majority read sees, or what it saw a while ago on a member that lags. */
  function visible(): ((entry: RoomEntry) => boolean) | undefined {
    if (!chance.hits(faults.staleRead)) return undefined;
    const seen = time.now - chance.between(0, 3000);
    return (entry) => (committedAt.get(entry) ?? 0) <= seen;
  }

  function readable(): ReplicaState {
    return options.committedReads ? committed : primary;
  }

  function read(room: string) {
    const seen = visible();
    const slots = slotsOf(readable(), room);
    if (seen === undefined) return slots;
    return slots.map((entries) => {
      const shown = entries?.filter(seen);
      return shown?.length ? shown : undefined;
    });
  }

  /** Carries a call to the primary and its answer back, with all that can go wrong on the way. */
  function call<T>(clock: ProcessClock, operation: () => Promise<T> | T): Promise<T> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => clock.enter(() => reject(new Error("the socket timed out")));
      const cancelTimeout = time.later(SOCKET_TIMEOUT_MS, giveUp);
      const answer = (settle: () => void, ms: number): void =>
        void time.later(ms, () => {
          cancelTimeout();
          clock.enter(settle);
        });
      const fail = (why: string, ms: number): void => answer(() => reject(new Error(why)), ms);
      const [fate, requestMs] = [chance.next(), chance.between(0.1, 1)];
      if (fate < faults.lostRequest) {
        fail("the request was lost", chance.between(50, 1500));
        return;
      }
      const late = fate < faults.lostRequest + faults.zombie;
      if (late) fail("the request timed out", chance.between(50, 500));
      const arrivesMs = late ? chance.between(500, 8500) : requestMs;
      const began = restores;
      time.later(arrivesMs, () => {
        // A server that was restored has no connections of before.
        if (began !== restores) return;
        if (time.now < upAt) {
          fail("there is no primary", chance.between(10, 300));
          return;
        }
        Promise.resolve(operation()).then(
          (result) => {
            if (chance.hits(faults.lostReply)) fail("the reply was lost", chance.between(50, 1500));
            else answer(() => resolve(result), chance.between(0.1, 1));
          },
          (error: unknown) => answer(() => reject(error), chance.between(0.1, 1)),
        );
      });
    });
  }

  function connect(clock: ProcessClock): RoomStore {
    return {
      allocate: (room, count) =>
        call(clock, () => {
          void setHead(room, (head) => ({ ...head, seq: head.seq + count }));
          const { seq, epoch } = primary.heads.get(room) as RoomHead;
          return { top: seq, at: START_MS + time.now, epoch };
        }),
      date: () => call(clock, () => START_MS + time.now),
      insert: (entries, { ordered }) => call(clock, () => insert(entries, ordered)),
      byIds: (keys) =>
        call(clock, () => {
          const seen = visible();
          const found = keys.map((key) => readable().keys.get(key));
          return new Map(
            found
              .filter((entry) => entry !== undefined && !isTombstone(entry) && (seen?.(entry) ?? true))
              .map((entry) => entry as Exclude<RoomEntry, { void: true }>)
              .map((message) => [messageKey(message), message]),
          );
        }),
      bySlots: (room, seqs) =>
        call(clock, () => {
          const slots = read(room);
          return new Set(seqs.filter((seq) => slots[seq] !== undefined));
        }),
      holds: (room, seq) => call(clock, () => slotsOf(committed, room)[seq] !== undefined),
      after: (room, seq, limit) =>
        call(clock, () => readSlots(read(room), { start: seq + 1, step: 1 }, limit)),
      before: (room, seq, limit) =>
        call(clock, () => {
          const page = readSlots(read(room), { start: seq - 1, step: -1 }, limit);
          return { ...page, entries: page.entries.toReversed() };
        }),
      count: (room, seq, atMost) =>
        call(clock, () => {
          const messages = read(room)
            .slice(seq + 1)
            .flatMap((entries) => entries ?? [])
            .filter((entry) => !isTombstone(entry));
          return Math.min(messages.length, atMost);
        }),
      heads: (rooms) =>
        call(clock, () => {
          const heads = rooms.map((room) => [room, readable().heads.get(room)] as const);
          return new Map(heads.filter((pair): pair is [string, RoomHead] => pair[1] !== undefined));
        }),
      create: (room) => call(clock, async () => allCommitted([setHead(room, (head) => head)])),
      raise: (room, seq) =>
        call(clock, async () =>
          allCommitted([setHead(room, (head) => ({ ...head, seq: Math.max(head.seq, seq) }))]),
        ),
      raiseFloor: (room, floor) =>
        call(clock, async () =>
          allCommitted([setHead(room, (head) => ({ ...head, floor: Math.max(head.floor, floor) }))]),
        ),
      withdraw: (messages) =>
        call(clock, async () =>
          allCommitted([write((state) => messages.forEach((message) => void remove(state, message)))]),
        ),
      deleteUpTo: (room, floor) =>
        call(clock, async () => void (await write((state) => trim(state, room, floor)))),
      replace: () => Promise.reject(new Error("nobody ends rooms here")),
      names: (after, limit) =>
        call(clock, () =>
          [...committed.heads.keys()]
            .filter((name) => name > after)
            .sort()
            .slice(0, limit),
        ),
    };
  }

  return {
    faults,
    connect,
    history,
    logs: logs.all,
    committedAt: (entry) => committedAt.get(entry) ?? 0,
    head: (room) => committed.heads.get(room),
    get failOvers() {
      return term;
    },
    failOver(downMs) {
      term += 1;
      upAt = time.now + downMs;
      primary = copyState(committed);
      const lost = uncommitted;
      uncommitted = [];
      for (const { done } of lost) done?.(false);
    },
    restore(room, seq) {
      restores += 1;
      const head = { seq, floor: 0, epoch: `epoch-${serial++}` };
      void write((state) => {
        cut(state, room, seq);
        if (state === committed) logs.newest(room);
        state.heads.set(room, head);
        if (state === committed) logs.cut(room, seq);
      });
    },
    renew(room) {
      void setHead(room, (head) => ({ ...head, epoch: `epoch-${serial++}` }));
    },
  };
}
