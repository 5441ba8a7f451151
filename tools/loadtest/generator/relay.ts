import { nowUs } from "../clock.js";
import type { RawClient } from "../raw/raw-client.js";
import { createStampReader } from "../stamp.js";
import { type Conversation, refusalOf } from "./conversation.js";
import type { Meter } from "./meter.js";

/** What a process's relay conversations share. */
export interface RelayParts {
  readonly meter: Meter;
  readonly body: (timeUs: number) => string;
  /** Counts what went out and was not refused. */
  onSent(room: number, by: 1 | -1): void;
}

const EVENT_BYTE = "2".charCodeAt(0);

/** Makes conversations by `join` and `message`. What arrives is counted by its time stamp and never parsed. */
export function relayConversations({ meter, body, onSent }: RelayParts) {
  const timeIn = createStampReader();
  return (room: number, name: string): Conversation => {
    let pending = 0;
    return {
      onMessage(bytes, start, end) {
        if (bytes[start + 1] !== EVENT_BYTE) return false;
        const sentUs = timeIn(bytes, start, end);
        if (Number.isNaN(sentUs)) return false;
        meter.delivered(sentUs);
        return true;
      },
      async enter(client) {
        const refusal = refusalOf(await client.ask("join", { room: name }));
        if (refusal !== undefined) throw new Error(refusal);
      },
      send(client: RawClient) {
        const sentUs = nowUs();
        pending += 1;
        meter.count("sent");
        onSent(room, 1);
        client.emitWithCallback("message", { room: name, body: body(sentUs) }, (error, [answer]) => {
          pending -= 1;
          const refusal = error ? undefined : refusalOf(answer);
          if (error) meter.error(`message without acknowledgement: ${error.message}`);
          else if (refusal === undefined) {
            meter.count("acked");
            meter.time("ackLatency", sentUs);
          } else {
            meter.count("refused");
            meter.error(`message ${refusal}`);
            onSent(room, -1);
          }
        });
        return true;
      },
      pending: () => pending,
    };
  };
}
