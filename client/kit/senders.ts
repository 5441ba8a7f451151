import type { Json } from "../contract.js";
import type { Sender } from "../room-client.js";
import type { Stored } from "./pending.js";

/** A sender for each room that has something to send: there may be many rooms. */
export function createSenders(open: (room: string) => Sender) {
  const senders = new Map<string, Sender>();
  return {
    publish(room: string, body: Json, id: string): Promise<Stored> {
      const sender = senders.get(room) ?? open(room);
      senders.set(room, sender);
      return sender.publish(body, id);
    },
    giveUp: (room: string, id: string) => senders.get(room)?.giveUp(id),
    /** The room has nothing to send any more. */
    close(room: string): void {
      senders.get(room)?.close();
      senders.delete(room);
    },
  };
}
