import type { Json, Link, RoomError } from "./protocol.js";
import { createRepeater, LONGEST_TIMER_MS, roomError } from "./protocol.js";

type Entry = { id: string; body: Json; bytes: number; settle(error?: RoomError, seq?: number): void };

/** Ids sort by time, to keep the server's index compact; the order is the queue's. `randomUUID` would need https. */
export const createId = () => `${Date.now().toString(36).padStart(9, "0")}-${randomName()}`;

/** A name that nobody else has, of digits. */
export const randomName = () => crypto.getRandomValues(new Uint32Array(3)).join("");

/** Runs the task after any time; the returned function cancels it. `Infinity` needs no timer. */
export function later(ms: number, task: () => void): () => void {
  const wait = (leftMs: number) => {
    if (leftMs > LONGEST_TIMER_MS) timer = setTimeout(wait, LONGEST_TIMER_MS, leftMs - LONGEST_TIMER_MS);
    else timer = setTimeout(task, leftMs);
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  if (ms < Infinity) wait(ms);
  return () => clearTimeout(timer);
}

/** The body as JSON. What is no JSON is refused here: no repetition would help. */
export function toJson(body: Json): string {
  try {
    const json: string | undefined = JSON.stringify(body);
    if (json !== undefined) return json;
  } catch {}
  throw roomError("invalid", "The body is no JSON value");
}

const closed = () => roomError("closed", "The room was closed before this was confirmed");

/** One batch in flight keeps the order; it holds all that came meanwhile and is repeated until it is confirmed. */
export function createOutbox(room: string, link: Link) {
  const { limits } = link;
  let queue: Entry[] = [];
  let batch: Entry[] = [];
  let isClosed = false;
  let alone = 0; // so many go alone, to find out which of a refused batch is to blame

  const tooLarge = () => roomError("too_large", `The body exceeds ${limits.bodyBytes()} bytes`);

  /** With `retry` the server looks before it stores. */
  function nextBatch(retry: boolean): object | false {
    for (const { bytes, settle } of queue) if (bytes > limits.bodyBytes()) settle(tooLarge()); // it was told since
    const [first] = queue;
    if (!first || limits.isAwaited(first.bytes)) return false;
    const batchBytes = limits.batchBytes();
    const most = alone > 0 ? 1 : limits.batchMessages();
    let bytes = 0;
    batch = queue.filter((entry, index) => {
      bytes += entry.bytes;
      return index === 0 || (index < most && bytes <= batchBytes);
    });
    return { room, messages: batch.map(({ id, body }) => ({ id, body })), retry };
  }

  const pump = createRepeater(link, "publish", nextBatch, (answer) => {
    alone = answer.ok || batch.length === 1 ? alone - 1 : batch.length;
    for (const [index, { settle }] of batch.entries()) {
      if (answer.ok) settle(undefined, answer.seqs[index]);
      else if (batch.length === 1) settle(roomError(answer.error.code, answer.error.message));
    }
    return true;
  });

  function publish(body: Json, id = createId()): Promise<{ seq: number; id: string }> {
    return new Promise((resolve, reject) => {
      if (isClosed) throw closed();
      const json = toJson(body);
      const bytes = new TextEncoder().encode(json).length;
      if (bytes > limits.bodyBytes()) throw tooLarge();
      if (queue.length >= link.maxOutbox) throw roomError("outbox_full", "Too many messages are unconfirmed");
      const settle: Entry["settle"] = (error, seq = 0) => {
        queue = queue.filter((entry) => entry.settle !== settle);
        cancel();
        return error ? reject(error) : resolve({ id, seq });
      };
      // A copy: what the app does with its own from here on is not sent.
      queue.push({ id, body: JSON.parse(json), bytes, settle });
      const expire = () => settle(roomError("expired", "Not confirmed in time; it may be stored even so"));
      const cancel = later(link.expiryMs, expire);
      pump();
    });
  }

  /** What is under way may be stored even so. */
  function giveUp(id: string): void {
    const given = roomError("given_up", "Given up; it may be stored even so");
    queue.find((entry) => entry.id === id)?.settle(given);
  }

  function close(): void {
    isClosed = true; // nothing calls `pump` from here on: what was taken might never be settled
    for (const { settle } of queue) settle(closed());
  }

  return { publish, giveUp, pump, close };
}
