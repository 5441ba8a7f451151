import { messageKey, type RoomMessage } from "../../contract/types.js";
import type { Clock } from "./clock.js";
import type { HoleFiller, OnStored, Report } from "./hole-filler.js";
import type { RoomStore } from "./room-store.js";

/** A message on its way into the log. */
export interface PendingMessage {
  readonly key: string;
  readonly message: Omit<RoomMessage, "seq" | "at">;
  /** It may be stored already, by an earlier attempt of its sender. */
  readonly retry: boolean;
  resolve(seq: number): void;
}

export interface CommitDeps {
  readonly store: RoomStore;
  readonly filler: HoleFiller;
  readonly clock: Clock;
  readonly onStored: OnStored;
  readonly report: Report;
}

/** What is still to be stored, and the numbers we hold for it, one each in the same order. */
interface Rest {
  readonly open: readonly PendingMessage[];
  readonly numbered: readonly RoomMessage[] | undefined;
  /** Taken back by us; a read may show it for a while. */
  readonly withdrawn: ReadonlySet<string>;
}

/** First wait after a taken key and after an error; doubled on each attempt. */
const CONFLICT_MS = 1;
const ERROR_MS = 20;
const LONGEST_MS = 1_000;

/** An election takes longer than this; what was quicker has allocated and inserted on the same primary. */
const SAME_PRIMARY_MS = 100;
const NEWEST = { messages: 1, bytes: 1 };

/**
 * Stores the batch of one room and resolves each message with its number, once it is committed. Goes on through any
 * failure until `expired` says to stop; then some messages may be stored and not resolved.
 *
 * The order of each sender is kept: when one number is lost, all messages still open get new ones.
 */
export type Commit = (
  room: string,
  batch: readonly PendingMessage[],
  expired: () => boolean,
) => Promise<void>;

export function createCommit({ store, filler, clock, onStored, report }: CommitDeps): Commit {
  function settle(room: string, stored: readonly (readonly [PendingMessage, RoomMessage])[]): void {
    if (stored.length === 0) return;
    onStored(
      room,
      stored.map(([, message]) => message).sort((a, b) => a.seq - b.seq),
    );
    for (const [pending, message] of stored) pending.resolve(message.seq);
  }

  /**
   * Numbers are handed out without waiting for a majority, so a fail-over may set the counter back. As long as insert
   * and counter were written to the same primary, the one that was acknowledged implies the other. Otherwise the
   * counter could give the sender's next message a lower number than this one has. Returns the floor.
   */
  async function secureCounter(room: string, seq: number): Promise<number> {
    const head = (await store.heads([room])).get(room);
    if (head === undefined || head.seq < seq) await store.raise(room, seq);
    return head?.floor ?? 0;
  }

  /**
   * Takes back what was stored when retention had given up its number already, as no reader would ever see it. Only ever
   * called for numbers of this commit: what others stored below the floor was there before the floor.
   */
  async function withdrawLate(stored: readonly RoomMessage[], floor: number): Promise<readonly string[]> {
    const late = stored.filter(({ seq }) => seq <= floor);
    if (late.length > 0) await store.withdraw(late);
    return late.map(placeOf);
  }

  /** After a resend or a failure: asks the store what is true, whatever the failure looked like. */
  async function reconcile(room: string, { open, numbered, withdrawn }: Rest): Promise<Rest> {
    const found = await store.byIds(open.map((pending) => pending.key));
    const known = new Map([...found].filter(([, message]) => !withdrawn.has(placeOf(message))));
    const stored = open.flatMap((pending) => {
      const message = known.get(pending.key);
      return message === undefined ? [] : [[pending, message] as const];
    });
    if (stored.length > 0) {
      const floor = await secureCounter(room, Math.max(...stored.map(([, { seq }]) => seq)));
      const own = new Set(numbered?.map(placeOf));
      const ours = stored.map(([, message]) => message).filter((message) => own.has(placeOf(message)));
      const late = await withdrawLate(ours, floor);
      if (late.length > 0) {
        return reconcile(room, { open, numbered: undefined, withdrawn: new Set([...withdrawn, ...late]) });
      }
    }
    // Also announces them again: the worker that stored them may have died before it could.
    settle(room, stored);
    const rest = open.filter((pending) => !known.has(pending.key));
    if (numbered === undefined) return { open: rest, numbered, withdrawn };

    const taken = await store.bySlots(
      room,
      numbered.map((message) => message.seq),
    );
    const moved = numbered.some((message) => {
      const stored = known.get(messageKey(message));
      return stored === undefined ? taken.has(message.seq) : stored.seq !== message.seq;
    });
    // Numbers are used again only when none is lost: a lost one moves its message behind those that keep theirs.
    if (!moved) return { open: rest, numbered: numbered.filter((m) => !known.has(messageKey(m))), withdrawn };
    const unused = numbered.map((message) => message.seq).filter((seq) => !taken.has(seq));
    await filler.fill(room, unused);
    const newest = (await store.before(room, Number.POSITIVE_INFINITY, NEWEST)).entries[0];
    if (newest !== undefined) await store.raise(room, newest.seq);
    return { open: rest, numbered: undefined, withdrawn };
  }

  async function allocate(room: string, open: readonly PendingMessage[]): Promise<readonly RoomMessage[]> {
    const { top, at } = await store.allocate(room, open.length);
    return open.map(({ message }, index) => ({ ...message, at, seq: top - open.length + 1 + index }));
  }

  function pause(attempt: number, firstMs: number): Promise<void> {
    return clock.sleep(Math.min(LONGEST_MS, firstMs * 2 ** attempt) * (0.5 + clock.random()));
  }

  return async (room, batch, expired) => {
    let rest: Rest = { open: batch, numbered: undefined, withdrawn: new Set() };
    let doubtful = batch.some((pending) => pending.retry);
    let allocatedAtMs = 0;
    for (let attempt = 0; !expired(); attempt += 1) {
      try {
        if (doubtful) rest = await reconcile(room, rest);
        doubtful = false;
        const { open, withdrawn } = rest;
        if (open.length === 0 || expired()) return;
        if (rest.numbered === undefined) allocatedAtMs = clock.now();
        const numbered = rest.numbered ?? (await allocate(room, open));
        rest = { ...rest, numbered };
        if ((await store.insert(numbered, { ordered: true })) === "stored") {
          const quick = attempt === 0 && clock.now() - allocatedAtMs < SAME_PRIMARY_MS;
          // Nor can retention have given up numbers that are so young.
          const floor = quick ? 0 : await secureCounter(room, numbered.at(-1)?.seq ?? 0);
          const late = await withdrawLate(numbered, floor);
          if (late.length > 0) {
            rest = { open, numbered: undefined, withdrawn: new Set([...withdrawn, ...late]) };
            doubtful = true;
            continue;
          }
          settle(
            room,
            open.map((pending, index) => [pending, numbered[index] as RoomMessage] as const),
          );
          return;
        }
        doubtful = true;
        await pause(attempt, CONFLICT_MS);
      } catch (error) {
        report("commit", error);
        doubtful = true;
        await pause(attempt, ERROR_MS);
      }
    }
  };
}

/** A message and where it stands. */
function placeOf(message: RoomMessage): string {
  return `${messageKey(message)}#${message.seq}`;
}
