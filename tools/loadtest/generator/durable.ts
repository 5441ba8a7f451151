import { timeOf } from "../stamp.js";
import type { Conversation } from "./conversation.js";
import type { Meter } from "./meter.js";
import { createPacketCache } from "./packet-cache.js";
import { createPublisher, keyOf } from "./publisher.js";
import type { RoomCheck } from "./room-check.js";
import { type Batch, createSubscription } from "./subscription.js";

/** What a process's durable conversations share. */
export interface DurableParts {
  readonly run: string;
  readonly meter: Meter;
  readonly body: (timeUs: number) => string;
  checkOf(room: number): RoomCheck;
  onAcked(room: number, seq: number, key: number): void;
}

interface Shown {
  readonly seq: number;
  readonly sentUs: number;
}

const PREFIX = Buffer.from('42["messages",');

/** Makes conversations by `subscribe` and `publish`. Equal packets are parsed once for all connections. */
export function durableConversations({ run, meter, body, checkOf, onAcked }: DurableParts) {
  const shownOf = new WeakMap<Batch, readonly Shown[]>();
  const parsed = createPacketCache((text) => (JSON.parse(text.slice(2)) as [string, Batch])[1]);

  /** Once per batch and not once per reader. */
  function study(room: number, batch: Batch): readonly Shown[] {
    const known = shownOf.get(batch);
    if (known !== undefined) return known;
    checkOf(room).learn(batch.messages.map(({ seq, id }) => ({ seq, key: keyOf(id, run) })));
    const shown = batch.messages.map((message) => ({ seq: message.seq, sentUs: timeOf(message.body) }));
    shownOf.set(batch, shown);
    return shown;
  }

  return (room: number, name: string, connection: number): Conversation => {
    const reader = checkOf(room).createReader(`connection ${connection}`);
    const report = (seq: number, key: number) => onAcked(room, seq, key);
    const publisher = createPublisher({ room: name, connection, run, meter, body, onAcked: report });

    function show(batch: Batch, last: number): void {
      for (const { seq, sentUs } of study(room, batch)) {
        if (seq <= last) continue;
        reader.show(seq);
        meter.delivered(sentUs);
      }
    }

    const subscription = createSubscription(name, show, () => meter.error("a room was reset"));
    return {
      onMessage(bytes, start, end) {
        if (bytes.compare(PREFIX, 0, PREFIX.length, start, start + PREFIX.length) !== 0) return false;
        subscription.receive(parsed(bytes, start, end));
        return true;
      },
      async enter(client) {
        await subscription.resume(client);
        publisher.resume(client);
      },
      send: publisher.send,
      pending: publisher.pending,
    };
  };
}
