import { entryBytes } from "../../../../src/contract/sizes.js";
import { messageKey, type RoomEntry, type RoomMessage } from "../../../../src/contract/types.js";
import type { PageLimit, RoomHead, StoredPage } from "../../../../src/engine/rooms/room-store.js";

/** Entries by number. Without the unique index, one number may hold several. */
type Slots = (readonly RoomEntry[] | undefined)[];

/** What one member of the replica set holds. */
export interface ReplicaState {
  readonly keys: Map<string, RoomEntry>;
  readonly rooms: Map<string, Slots>;
  readonly heads: Map<string, RoomHead>;
}

export function emptyState(): ReplicaState {
  return { keys: new Map(), rooms: new Map(), heads: new Map() };
}

export function copyState(state: ReplicaState): ReplicaState {
  return {
    keys: new Map(state.keys),
    rooms: new Map([...state.rooms].map(([room, slots]) => [room, slots.slice()])),
    heads: new Map(state.heads),
  };
}

export function slotsOf(state: ReplicaState, room: string): Slots {
  const slots = state.rooms.get(room) ?? [];
  state.rooms.set(room, slots);
  return slots;
}

export function put(state: ReplicaState, key: string, entry: RoomEntry): void {
  const slots = slotsOf(state, entry.room);
  state.keys.set(key, entry);
  slots[entry.seq] = [...(slots[entry.seq] ?? []), entry];
}

/** Removes a message at its number, and nothing that stands elsewhere under its key. */
export function remove(state: ReplicaState, message: RoomMessage): void {
  const key = messageKey(message);
  if (state.keys.get(key)?.seq !== message.seq) return;
  state.keys.delete(key);
  slotsOf(state, message.room)[message.seq] = undefined;
}

/** Removes what is numbered `floor` or lower. */
export function trim(state: ReplicaState, room: string, floor: number): void {
  const slots = slotsOf(state, room);
  for (let seq = 0; seq <= floor && seq < slots.length; seq += 1) slots[seq] = undefined;
  for (const [key, entry] of state.keys) {
    if (entry.room === room && entry.seq <= floor) state.keys.delete(key);
  }
}

/** Removes what is numbered higher than `seq`. */
export function cut(state: ReplicaState, room: string, seq: number): void {
  slotsOf(state, room).splice(seq + 1);
  for (const [key, entry] of state.keys) {
    if (entry.room === room && entry.seq > seq) state.keys.delete(key);
  }
}

/** Reads from `start` in steps of `step`, 1 or -1, in the order of reading. */
export function readSlots(
  slots: Slots,
  { start, step }: { readonly start: number; readonly step: 1 | -1 },
  limit: PageLimit,
): StoredPage {
  const entries: RoomEntry[] = [];
  let bytes = 0;
  for (let seq = Math.min(start, slots.length); seq > 0 && seq <= slots.length; seq += step) {
    for (const entry of slots[seq] ?? []) {
      bytes += entryBytes(entry);
      const full = entries.length >= limit.messages || bytes > limit.bytes;
      if (full && entries.length > 0) return { entries, more: true };
      entries.push(entry);
    }
  }
  return { entries, more: false };
}
