import { isDeepStrictEqual } from "node:util";
import { AppError } from "../../../contract/errors.js";
import { bodyBytes } from "../../../contract/sizes.js";
import { messageKey, type NewMessage, type RoomMessage } from "../../../contract/types.js";
import type { RoomLimits } from "../limits.js";
import { type RoomSpans, RoomUnavailable } from "../ports.js";
import { type Commit, type CommitDeps, createCommit, type PendingMessage } from "./commit.js";

type LogLimits = Pick<
  RoomLimits,
  "batchMessages" | "batchBytes" | "queuedMessages" | "queuedBytes" | "deadlineMs" | "drainMs"
>;

/** The messages of one `publish`. `retry` tells that some may be stored already, so the log looks before it writes. */
export interface Append {
  readonly room: string;
  readonly from: string;
  readonly messages: readonly NewMessage[];
  readonly retry?: boolean | undefined;
  /** Whether an id that has another body already is refused with `id_conflict`, rather than answered with its number. */
  readonly exact?: boolean | undefined;
}

export interface RoomLog {
  /**
   * Stores the messages in their order and resolves with their numbers, once they are committed and journaled.
   * A message whose id the sender has used before gets the number of the first, while that is kept. All or nothing is accepted, so that a
   * refusal cannot turn the order round.
   * @throws {AppError} `id_conflict` if `exact`.
   * @throws {RoomUnavailable} `overloaded` (nothing was accepted), `timeout`, `replaced` (unknown what is stored) or `stopping`.
   */
  append(request: Append): Promise<number[]>;
  /** Ends the log in `drainMs`, and what is not committed by then is refused. Only the first call counts. */
  endSoon(): void;
  /** Accepts no more, and resolves when all is committed or refused: `drainMs` after `endSoon`, or after this call, at the latest. */
  stop(): Promise<void>;
}

interface Waiting extends PendingMessage {
  readonly bytes: number;
  readonly deadline: number;
  readonly stored: Promise<RoomMessage>;
  reject(error: unknown): void;
}

interface Queue {
  /** Not yet in a batch, in order. */
  waiting: Waiting[];
  /** Everything not yet settled, including the batch at work, so that a resend joins the first. */
  readonly byKey: Map<string, Waiting>;
  /** Refuses the batch at work; its commit stops at the next step. */
  expire: (error: unknown) => void;
  done: Promise<void>;
}

/** One batch per room at a time; what arrives meanwhile is the next batch, so a busy room gets large ones. */
export function createRoomLog(deps: CommitDeps, limits: LogLimits): RoomLog {
  const commit = traced(createCommit(deps), deps.spans);
  const queues = new Map<string, Queue>();
  let queuedBytes = 0;
  let hasEnded = false;
  let cancelEnd: (() => void) | undefined;

  function settled(queue: Queue, entry: Waiting): void {
    if (queue.byKey.get(entry.key) !== entry) return;
    queue.byKey.delete(entry.key);
    queuedBytes -= entry.bytes;
  }

  function enqueue(queue: Queue, request: Append, message: NewMessage): Waiting {
    const { room, from } = request;
    const { promise, resolve, reject } = withResolvers<RoomMessage>();
    const pending = { room, from, id: message.id, body: message.body };
    const entry: Waiting = {
      key: messageKey(pending),
      message: pending,
      retry: request.retry === true,
      bytes: bodyBytes(message.body),
      deadline: deps.clock.now() + limits.deadlineMs,
      stored: promise,
      resolve(stored) {
        settled(queue, entry);
        resolve(stored);
      },
      reject(error) {
        settled(queue, entry);
        reject(error);
      },
    };
    queue.byKey.set(entry.key, entry);
    queue.waiting.push(entry);
    queuedBytes += entry.bytes;
    return entry;
  }

  function nextBatch(queue: Queue): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const entry of queue.waiting) {
      bytes += entry.bytes;
      if (count > 0 && (count === limits.batchMessages || bytes > limits.batchBytes)) break;
      count += 1;
    }
    return queue.waiting.splice(0, count);
  }

  /** Settles every message of the batch, at the latest when the deadline of its first one passes. */
  async function commitInTime(room: string, queue: Queue, batch: readonly Waiting[]): Promise<void> {
    const { promise: expiry, resolve: end } = withResolvers<void>();
    let expired = false;
    queue.expire = (error) => {
      expired = true;
      // What waits behind goes, too: stored now, it would overtake this batch, which its senders will send again.
      for (const entry of [...batch, ...queue.waiting.splice(0)]) entry.reject(error);
      end();
    };
    const waitMs = (batch[0]?.deadline ?? 0) - deps.clock.now();
    const cancel = deps.clock.later(Math.max(0, waitMs), () => queue.expire(new RoomUnavailable("timeout")));
    const ended = commit(room, batch, () => expired).catch((error: unknown) => queue.expire(error));
    await Promise.race([ended, expiry]);
    cancel();
  }

  async function drain(room: string, queue: Queue): Promise<void> {
    for (;;) {
      // One turn of the event loop: what arrives together, and what an acknowledgement sets free, is one batch.
      await deps.clock.sleep(0);
      if (queue.waiting.length === 0) break;
      await commitInTime(room, queue, nextBatch(queue));
    }
    queues.delete(room);
  }

  function open(room: string): Queue {
    const queue: Queue = { waiting: [], byKey: new Map(), expire, done: Promise.resolve() };
    function expire(error: unknown): void {
      for (const entry of queue.waiting.splice(0)) entry.reject(error);
    }
    queues.set(room, queue);
    return queue;
  }

  function endSoon(): void {
    cancelEnd ??= deps.clock.later(limits.drainMs, () => {
      hasEnded = true;
      for (const queue of queues.values()) queue.expire(new RoomUnavailable("stopping"));
    });
  }

  return {
    async append(request) {
      if (hasEnded) throw new RoomUnavailable("stopping");
      const queue = queues.get(request.room);
      const waiting = (queue?.waiting.length ?? 0) + request.messages.length;
      if (waiting > limits.queuedMessages || queuedBytes > limits.queuedBytes) {
        throw new RoomUnavailable("overloaded");
      }
      const target = queue ?? open(request.room);
      const entries = request.messages.map((message) => {
        const key = messageKey({ room: request.room, from: request.from, id: message.id });
        return target.byKey.get(key) ?? enqueue(target, request, message);
      });
      if (queue === undefined) target.done = drain(request.room, target);
      const stored = await Promise.all(entries.map((entry) => entry.stored));
      if (request.exact === true) refuseOthers(stored, request.messages);
      return stored.map(({ seq }) => seq);
    },
    endSoon,
    async stop() {
      hasEnded = true;
      endSoon();
      await Promise.all([...queues.values()].map((queue) => queue.done));
      cancelEnd?.();
    },
  };
}

function traced(commit: Commit, spans: RoomSpans | undefined): Commit {
  if (spans === undefined) return commit;
  return (room, batch, expired) =>
    spans.commit(
      room,
      batch.map(({ key }) => key),
      () => commit(room, batch, expired),
    );
}

/** @throws {AppError} `id_conflict` when one of them is stored with another body. */
function refuseOthers(stored: readonly RoomMessage[], wanted: readonly NewMessage[]): void {
  const isOther = stored.some(({ body }, index) => !isDeepStrictEqual(json(body), json(wanted[index]?.body)));
  if (isOther) throw new AppError("id_conflict");
}

/** As it is after a way through the store: -0 is 0. */
function json(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function withResolvers<T>() {
  let resolve: (value: T | PromiseLike<T>) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
