import type { RoomError } from "../protocol.js";
import type { KeptMessage } from "../stores/store.js";
import type { OutboxBounds, Stored } from "./pending.js";

/** Who wants to know what becomes of a message. */
export type Waiter = { resolve(stored: Stored): void; reject(error: RoomError): void };
/** A message of the outbox. */
export type Item = {
  kept: KeptMessage;
  readonly bytes: number;
  /** How long it had waited before it came here, and when that was, by a clock that nobody sets. */
  readonly waitedMs: number;
  readonly cameAt: number;
  readonly waiters: Waiter[];
};

export const createItem = (kept: KeptMessage, bytes: number, waiters: Waiter[]): Item => ({
  ...{ kept, bytes, waiters },
  waitedMs: Math.max(0, Date.now() - kept.at),
  cameAt: performance.now(),
});

export const isWaiting = ({ kept }: Item): boolean => kept.state === "waiting";

/** Whichever clock says more: the one may be set back, the other may stand still while the device sleeps. */
export const waitedMs = ({ kept, waitedMs: before, cameAt }: Item): number =>
  Math.max(Date.now() - kept.at, before + performance.now() - cameAt);

export const bytesOf = (json: string): number => new TextEncoder().encode(json).length;

/**
 * Which messages give way to one that brings the bytes to so many: the one that it takes the place of, and failed ones, the oldest first, whose
 * outcome was told. Undefined when there is no place even so: then none has to.
 */
export function givingWay(
  items: ReadonlyMap<string, Item>,
  bytes: number,
  { maxMessages, maxBytes }: OutboxBounds,
  replaced: Item | undefined,
): readonly Item[] | undefined {
  const way = replaced === undefined ? [] : [replaced];
  let [count, left] = [items.size - way.length, bytes - (replaced?.bytes ?? 0)];
  const isOver = () => count >= maxMessages || left > maxBytes;
  for (const item of isOver() ? items.values() : []) {
    if (item.kept.state !== "failed" || item === replaced || !isOver()) continue;
    way.push(item);
    count -= 1;
    left -= item.bytes;
  }
  return isOver() ? undefined : way;
}
