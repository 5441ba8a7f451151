import type { Json } from "./domain.js";
import { isTombstone, type RoomEntry } from "./types.js";

/** What a message costs besides its body: names, numbers, quotes. */
const OVERHEAD_BYTES = 128;

export function bodyBytes(body: Json): number {
  return OVERHEAD_BYTES + (typeof body === "string" ? body.length : JSON.stringify(body).length);
}

/** Approximate size of an entry as JSON, in characters; good enough for bounds. */
export function entryBytes(entry: RoomEntry): number {
  return isTombstone(entry) ? OVERHEAD_BYTES : bodyBytes(entry.body);
}

/** The numbers from `first` to `last`, both included, but never more than `max` of them. */
export function numbers(first: number, last: number, max: number): number[] {
  const length = Math.max(0, Math.min(last - first + 1, max));
  return Array.from({ length }, (_, index) => first + index);
}
