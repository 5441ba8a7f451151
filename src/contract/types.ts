import type { Json } from "./domain.js";

/** What a sender hands in. `id` is unique per room and sender and makes a resend harmless while the room keeps the message. */
export interface NewMessage {
  readonly id: string;
  readonly body: Json;
}

/**
 * A stored message. Inside the process `at` is MongoDB's clock in ms since the epoch: a number survives every
 * bus and codec, a Date does not. On the wire it is ISO 8601, which needs no convention about units or zones.
 */
export interface RoomMessage {
  readonly room: string;
  /** Position in the room, from 1. Order never depends on a clock. */
  readonly seq: number;
  readonly id: string;
  /** Identity of the sender, which outlives connections. */
  readonly from: string;
  readonly at: number;
  readonly body: Json;
}

/** Marks a number as never to be used by a message. It is covered by the ranges that readers get, but not shown. */
export interface Tombstone {
  readonly room: string;
  readonly seq: number;
  /** By the clock of the worker that declared it; nothing goes by it. */
  readonly at: number;
  readonly void: true;
}

/** What a number of a room holds, once that is decided. It is decided once, by the store, for everyone. */
export type RoomEntry = RoomMessage | Tombstone;

export function isTombstone(entry: RoomEntry): entry is Tombstone {
  return "void" in entry;
}

/** The idempotency key, stored as `_id`. No part may contain "/", so it is unambiguous. */
export function messageKey(message: Pick<RoomMessage, "room" | "from" | "id">): string {
  return `${message.room}/${message.from}/${message.id}`;
}

/** The stored `_id` of a tombstone. "!" is in no sender's identity, so it never equals a message's key. */
export function tombstoneKey(tombstone: Pick<Tombstone, "room" | "seq">): string {
  return `${tombstone.room}/!/${tombstone.seq}`;
}

/** A message as clients get it, over Socket.IO and HTTP. */
export interface WireMessage {
  readonly seq: number;
  readonly id: string;
  readonly from: string;
  /** ISO 8601 in UTC. */
  readonly at: string;
  readonly body: Json;
}

/** The messages among the entries, in the form for clients. */
export function toWire(entries: readonly RoomEntry[]): WireMessage[] {
  const messages: WireMessage[] = [];
  for (const entry of entries) {
    if (isTombstone(entry)) continue;
    const { seq, id, from, at, body } = entry;
    messages.push({ seq, id, from, at: new Date(at).toISOString(), body });
  }
  return messages;
}

/**
 * The live event `messages`: all there is in (after, to]. A client at `last` takes what is above `last`; when
 * `after > last` or the epoch is another one, it subscribes again from where it is.
 */
export interface LiveBatch {
  readonly room: string;
  readonly epoch: string;
  readonly after: number;
  readonly to: number;
  readonly messages: readonly WireMessage[];
}

/** One page of history: all there is in (after, to]. `live` tells that `to` is where the live events begin. */
export interface RoomPage {
  readonly epoch: string;
  readonly after: number;
  readonly to: number;
  readonly messages: readonly WireMessage[];
  readonly live: boolean;
}

/** The position asked for belongs to another log, or to a part that retention has removed: start afresh. */
export interface RoomReset {
  readonly reset: true;
  readonly epoch: string;
  /** Highest number that retention has removed. */
  readonly floor: number;
  readonly to: number;
}

export type Subscription = RoomPage | RoomReset;

/** A page for scrolling back: all there is in (after, to]; `more` tells that there is something at or below `after`. */
export interface HistoryPage {
  readonly epoch: string;
  readonly after: number;
  readonly to: number;
  readonly messages: readonly WireMessage[];
  readonly more: boolean;
}

/**
 * Where to read from. With `after` and `epoch` it is a position to resume, which may be reset; with `after` alone it
 * is a wish, moved up to what retention has left; without `after` it means the last `limit` messages.
 */
export interface SubscribeRequest {
  readonly room: string;
  readonly after?: number | undefined;
  readonly epoch?: string | undefined;
  readonly limit?: number | undefined;
}
