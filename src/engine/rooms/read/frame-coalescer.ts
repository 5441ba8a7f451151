import { bodyBytes } from "../../../contract/sizes.js";
import type { LiveBatch } from "../../../contract/types.js";
import type { Clock, Deliver } from "../ports.js";

export interface CoalescerLimits {
  /** Local members from which on a room's events are gathered; below, they are passed on at once. */
  readonly members: number;
  /** How long the first event of a gathering waits. */
  readonly windowMs: number;
  /** Messages of one event; a gathering that would pass it is sent early. */
  readonly messages: number;
  /** The same for the size as JSON. */
  readonly bytes: number;
}

export const COALESCER_LIMITS: CoalescerLimits = {
  members: 50,
  windowMs: 20,
  messages: 200,
  bytes: 256 * 1024,
};

export interface FrameCoalescer {
  readonly deliver: Deliver;
  /** Passes on what is gathered and ends all timers. */
  flush(): void;
}

/**
 * Joins events that follow each other in rooms with many local members: an event of 50 messages costs a server about
 * as much as one of 1. Holding events back is safe: who joins meanwhile gets an overlap, which clients drop.
 */
export function createFrameCoalescer(
  deps: {
    readonly clock: Pick<Clock, "later">;
    readonly members: (room: string) => number;
    readonly deliver: Deliver;
  },
  limits: CoalescerLimits = COALESCER_LIMITS,
): FrameCoalescer {
  const gathered = new Map<string, { batch: LiveBatch; bytes: number; readonly cancel: () => void }>();

  function send(room: string): void {
    const held = gathered.get(room);
    if (held === undefined) return;
    gathered.delete(room);
    held.cancel();
    deps.deliver(held.batch);
  }

  function deliver(batch: LiveBatch): void {
    const { room } = batch;
    const isLarge = deps.members(room) >= limits.members;
    const held = gathered.get(room);
    if (held === undefined && !isLarge) {
      deps.deliver(batch);
      return;
    }
    const bytes = batch.messages.reduce((sum, message) => sum + bodyBytes(message.body), 0);
    if (held !== undefined && follows(held.batch, batch) && fits(held, batch, bytes)) {
      held.batch = {
        ...batch,
        after: held.batch.after,
        messages: [...held.batch.messages, ...batch.messages],
      };
      held.bytes += bytes;
      return;
    }
    send(room);
    const cancel = deps.clock.later(limits.windowMs, () => send(room));
    gathered.set(room, { batch, bytes, cancel });
  }

  function fits(held: { batch: LiveBatch; bytes: number }, batch: LiveBatch, bytes: number): boolean {
    const messages = held.batch.messages.length + batch.messages.length;
    return messages <= limits.messages && held.bytes + bytes <= limits.bytes;
  }

  return {
    deliver,
    flush() {
      for (const room of [...gathered.keys()]) send(room);
    },
  };
}

function follows(held: LiveBatch, next: LiveBatch): boolean {
  return held.epoch === next.epoch && held.to === next.after;
}
