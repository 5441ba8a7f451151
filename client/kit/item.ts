import type { RoomError } from "../protocol.js";
import type { KeptMessage } from "../stores/store.js";
import type { Stored } from "./pending.js";

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
