import { messageKey, type RoomMessage } from "../../../contract/types.js";
import { type Clock, type Report, type RoomSpans, RoomUnavailable } from "../ports.js";
import type { LogName, RoomHead, RoomStore } from "../room-store.js";
import type { HoleFiller, OnStored } from "./hole-filler.js";

/** A message on its way into the log. */
export interface PendingMessage {
  readonly key: string;
  readonly message: Omit<RoomMessage, "seq" | "at">;
  /** It may be stored already, by an earlier attempt of its sender. */
  readonly retry: boolean;
  /** With what is stored under its key, which another body may have had before. */
  resolve(stored: RoomMessage): void;
}

export interface CommitDeps {
  readonly store: RoomStore;
  readonly filler: HoleFiller;
  readonly clock: Clock;
  readonly onStored: OnStored;
  readonly report: Report;
  readonly spans?: RoomSpans | undefined;
}

/** What is still to be stored, and the numbers we hold for it, one each in the same order. */
interface Rest {
  readonly open: readonly PendingMessage[];
  readonly numbered: readonly RoomMessage[] | undefined;
  /** Of the log that the batch is for: the first that was seen. */
  readonly epoch: string | undefined;
}

type Numbered = Rest & { readonly numbered: readonly RoomMessage[]; readonly epoch: string };

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
 * @throws {RoomUnavailable} `replaced` when the room has got another log on the way. The sender may have gone on by another
 * worker in the old one, so what is repeated, and in which order, is its to say.
 */
export type Commit = (
  room: string,
  batch: readonly PendingMessage[],
  expired: () => boolean,
) => Promise<void>;

export function createCommit({ store, filler, clock, onStored, report }: CommitDeps): Commit {
  function settle(log: LogName, stored: readonly (readonly [PendingMessage, RoomMessage])[]): void {
    onStored(
      log,
      stored.map(([, message]) => message).sort((a, b) => a.seq - b.seq),
    );
    for (const [pending, message] of stored) pending.resolve(message);
  }

  /**
   * Numbers are handed out without waiting for a majority, so a fail-over may set the counter back. As long as insert
   * and counter were written to the same primary, the one that was acknowledged implies the other. Otherwise the
   * counter could give the sender's next message a lower number than this one has. Returns the floor.
   * @throws {RoomUnavailable} `replaced`
   */
  async function secureCounter({ room, epoch }: LogName, seq: number): Promise<number> {
    const head = await headOf(room);
    if (head?.epoch !== epoch) throw new RoomUnavailable("replaced");
    if (head.seq < seq) await store.raise(room, seq);
    return head.floor;
  }

  async function headOf(room: string): Promise<RoomHead | undefined> {
    return (await store.heads([room])).get(room);
  }

  /** The log as it is now. A fail-over may have taken the record back with which the room began. */
  async function logOf(room: string): Promise<LogName> {
    const head = await headOf(room);
    if (head !== undefined) return { room, epoch: head.epoch };
    await store.create(room);
    return logOf(room);
  }

  /**
   * Takes back what stands at numbers that retention has given up, and returns it: no reader will see it there. It came too
   * late, perhaps from a writer that died before it could take it back, or it is about to be deleted: nothing tells
   * which, and the room keeps neither.
   */
  async function withdrawLate(
    stored: readonly RoomMessage[],
    floor: number,
  ): Promise<readonly RoomMessage[]> {
    const late = stored.filter(({ seq }) => seq <= floor);
    if (late.length > 0) await store.withdraw(late);
    return late;
  }

  /** After a resend or a failure: asks the store what is true, whatever the failure looked like. */
  async function reconcile(room: string, { open, numbered, epoch }: Rest): Promise<Rest> {
    // Asked before the messages: those of a log that comes after it are told by `secureCounter`.
    const log = sameLog(await logOf(room), epoch);
    const known = new Map(await store.byIds(open.map((pending) => pending.key)));
    let late: readonly RoomMessage[] = [];
    if (known.size > 0) {
      const found = [...known.values()];
      const floor = await secureCounter(log, Math.max(...found.map(({ seq }) => seq)));
      late = await withdrawLate(found, floor);
      for (const message of late) known.delete(messageKey(message));
    }
    const stored = open.flatMap((pending) => {
      const message = known.get(pending.key);
      return message === undefined ? [] : [[pending, message] as const];
    });
    // Also announces them again: the worker that stored them may have died before it could.
    if (stored.length > 0) settle(log, stored);
    const rest = open.filter((pending) => !known.has(pending.key));
    if (numbered === undefined || late.length > 0) {
      return { open: rest, numbered: undefined, epoch: log.epoch };
    }

    const seqs = numbered.map((message) => message.seq);
    const taken = await store.bySlots(room, seqs);
    const moved = numbered.some((message) => {
      const stored = known.get(messageKey(message));
      return stored === undefined ? taken.has(message.seq) : stored.seq !== message.seq;
    });
    // Numbers are used again only when none is lost: a lost one moves its message behind those that keep theirs.
    if (!moved) {
      const free = numbered.filter((message) => !known.has(messageKey(message)));
      return { open: rest, numbered: free, epoch: log.epoch };
    }
    const unused = seqs.filter((seq) => !taken.has(seq));
    await filler.fill(log, unused);
    const newest = (await store.before(room, Number.POSITIVE_INFINITY, NEWEST)).entries[0];
    if (newest !== undefined) await store.raise(room, newest.seq);
    return { open: rest, numbered: undefined, epoch: log.epoch };
  }

  /** The same with numbers, of which it may have some already. */
  async function withNumbers(room: string, rest: Rest): Promise<Numbered> {
    const { open, epoch, numbered } = rest;
    if (numbered !== undefined && epoch !== undefined) return { ...rest, numbered, epoch };
    const numbers = await store.allocate(room, open.length);
    sameLog({ room, epoch: numbers.epoch }, epoch);
    const first = numbers.top - open.length + 1;
    const messages = open.map(({ message }, index) => ({ ...message, at: numbers.at, seq: first + index }));
    return { ...rest, numbered: messages, epoch: numbers.epoch };
  }

  function pause(attempt: number, firstMs: number): Promise<void> {
    return clock.sleep(Math.min(LONGEST_MS, firstMs * 2 ** attempt) * (0.5 + clock.random()));
  }

  return async (room, batch, expired) => {
    let rest: Rest = { open: batch, numbered: undefined, epoch: undefined };
    let doubtful = batch.some((pending) => pending.retry);
    let allocatedAtMs = 0;
    for (let attempt = 0; !expired(); attempt += 1) {
      try {
        if (doubtful) rest = await reconcile(room, rest);
        doubtful = false;
        const { open } = rest;
        if (open.length === 0 || expired()) return;
        if (rest.numbered === undefined) allocatedAtMs = clock.now();
        const { numbered, epoch } = await withNumbers(room, rest);
        rest = { ...rest, numbered, epoch };
        const log = { room, epoch };
        if ((await store.insert(numbered, { ordered: true })) === "stored") {
          const quick = attempt === 0 && clock.now() - allocatedAtMs < SAME_PRIMARY_MS;
          // Nor can retention have given up numbers that are so young.
          const floor = quick ? 0 : await secureCounter(log, numbered.at(-1)?.seq ?? 0);
          const late = await withdrawLate(numbered, floor);
          if (late.length > 0) {
            rest = { ...rest, numbered: undefined };
            doubtful = true;
            continue;
          }
          settle(
            log,
            open.map((pending, index) => [pending, numbered[index] as RoomMessage] as const),
          );
          return;
        }
        doubtful = true;
        await pause(attempt, CONFLICT_MS);
      } catch (error) {
        if (error instanceof RoomUnavailable) throw error;
        report("commit", error);
        doubtful = true;
        await pause(attempt, ERROR_MS);
      }
    }
  };
}

/** @throws {RoomUnavailable} `replaced` when another log was seen before. */
function sameLog(log: LogName, epoch: string | undefined): LogName {
  if (epoch !== undefined && epoch !== log.epoch) throw new RoomUnavailable("replaced");
  return log;
}
