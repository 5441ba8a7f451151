import { setTimeout as sleep } from "node:timers/promises";
import { nowUs } from "../clock.js";
import type { RawClient } from "../raw/raw-client.js";
import { isTemporary, refusalOf } from "./conversation.js";
import type { Meter } from "./meter.js";

/** What a publisher needs to know, and whom it tells. */
export interface PublisherParts {
  readonly room: string;
  /** Number of the connection, and the run: together they make the ids of messages. */
  readonly connection: number;
  readonly run: string;
  readonly meter: Meter;
  readonly body: (timeUs: number) => string;
  onAcked(seq: number, key: number): void;
}

interface Message {
  readonly id: string;
  readonly key: number;
  readonly body: string;
  readonly sentUs: number;
}

/** Messages that may be unconfirmed per connection; more are not sent. */
const PENDING_LIMIT = 200;
const RETRY_MS = 500;
const SENDER_UNIT = 2 ** 32;

/** The key in an id of this run, NaN in any other. */
export function keyOf(id: string, run: string): number {
  const [first, connection, number] = id.split(".");
  return first === run ? Number(connection) * SENDER_UNIT + Number(number) : Number.NaN;
}

/** Publishes durable messages and repeats each until it is acknowledged, over any number of connections. */
export function createPublisher({ room, connection, run, meter, body, onAcked }: PublisherParts) {
  const pending = new Map<string, Message>();
  let count = 0;
  let current: RawClient | undefined;

  function post(client: RawClient, message: Message, retry: boolean): void {
    const messages = [{ id: message.id, body: message.body }];
    client.emitWithCallback("publish", { room, messages, ...(retry ? { retry } : {}) }, (error, [answer]) => {
      if (error || !pending.has(message.id)) return; // sent again after the reconnect
      const refusal = refusalOf(answer);
      if (refusal === undefined) {
        pending.delete(message.id);
        meter.count("acked");
        meter.time("ackLatency", message.sentUs);
        onAcked((answer as { seqs: number[] }).seqs[0] ?? 0, message.key);
        return;
      }
      meter.error(`publish ${refusal}`);
      if (isTemporary(answer)) void postLater(client, message);
      else {
        pending.delete(message.id);
        meter.count("refused");
      }
    });
  }

  async function postLater(client: RawClient, message: Message): Promise<void> {
    await sleep(RETRY_MS * (0.5 + Math.random()));
    if (client === current && client.connected()) post(client, message, true);
  }

  return {
    /** Sends again what is unconfirmed, in order. */
    resume(client: RawClient): void {
      current = client;
      for (const message of pending.values()) post(client, message, true);
    },
    send(client: RawClient): boolean {
      if (pending.size >= PENDING_LIMIT) return false;
      const sentUs = nowUs();
      const key = connection * SENDER_UNIT + count;
      const message = { id: `${run}.${connection}.${count}`, key, body: body(sentUs), sentUs };
      count += 1;
      pending.set(message.id, message);
      meter.count("sent");
      post(client, message, false);
      return true;
    },
    pending: () => pending.size,
  };
}
