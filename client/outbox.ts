import { type Json, type Link, type RoomError, roomError, type Success } from "./protocol.js";

type Sent = { seq: number; id: string };
/** `sent` once, so it may be stored; `alone` to find out which of a refused batch is to blame. */
type Entry = { id: string; body: Json; bytes: number; sent: boolean; alone: boolean; settle: Settle };
type Settle = (error?: RoomError, seq?: number) => void;

/** Ids sort by time, to keep the server's index compact; the order is the queue's. `randomUUID` would need https. */
const createId = () =>
  `${Date.now().toString(36).padStart(9, "0")}-${crypto.getRandomValues(new Uint32Array(3)).join("")}`;

/** One batch in flight keeps the order; it holds all that came meanwhile and is repeated until it is confirmed. */
export function createOutbox(room: string, link: Link) {
  let queue: Entry[] = [];
  let busy = false;
  let failures = 0;

  function pump(): void {
    if (busy || !link.socket.connected || queue.length === 0) return;
    let bytes = 0;
    const batch = queue.filter((entry, index) => {
      bytes += entry.bytes;
      return index === 0 || (index < 50 && bytes <= link.maxBytes && !queue[0]?.alone);
    });
    busy = true;
    const retry = batch.some((entry) => entry.sent); // the server then looks before it stores
    for (const entry of batch) entry.sent = true;
    const messages = batch.map(({ id, body }) => ({ id, body }));
    link.ask("publish", { room, messages, retry }, (answer, refusal) => onAnswer(batch, answer, refusal));
  }

  async function onAnswer(batch: Entry[], answer?: Success, refusal?: RoomError): Promise<void> {
    if (!answer && !refusal) await link.pause(failures++);
    if (answer) failures = 0;
    for (const [index, entry] of batch.entries()) {
      if (answer || (refusal && batch.length === 1)) entry.settle(refusal, answer?.seqs[index]);
      if (refusal) entry.alone = true;
    }
    busy = false;
    pump();
  }

  function publish(body: Json, id = createId()): Promise<Sent> {
    return new Promise((resolve, reject) => {
      const bytes = new TextEncoder().encode(JSON.stringify(body)).length;
      if (bytes > link.maxBytes) throw roomError("too_large", `The body exceeds ${link.maxBytes} bytes`);
      if (queue.length >= link.maxOutbox) throw roomError("outbox_full", "Too many messages are unconfirmed");
      const settle: Settle = (error, seq = 0) => {
        queue = queue.filter((other) => other !== entry);
        clearTimeout(timer);
        if (error) reject(error);
        else resolve({ id, seq });
      };
      const entry = { id, body, bytes, sent: false, alone: false, settle };
      queue.push(entry);
      const expire = () =>
        settle(roomError("expired", "Not confirmed in time; it may be stored all the same"));
      const timer = link.expiryMs < Infinity ? setTimeout(expire, link.expiryMs) : undefined;
      pump();
    });
  }

  const closed = () => roomError("closed", "Closed before this was confirmed");
  return { publish, pump, close: () => queue.forEach((entry) => void entry.settle(closed())) };
}
