import { entryBytes, numbers } from "../../../contract/sizes.js";
import { type RoomEntry, toWire } from "../../../contract/types.js";
import type { RoomLimits } from "../limits.js";
import { type Deliver, RoomUnavailable } from "../ports.js";
import type { LogName, RoomStore } from "../room-store.js";
import type { HistoryReader } from "./history-reader.js";
import type { MessageRing, RingFamily } from "./message-ring.js";
import { createRoomCursor, type RoomCursor } from "./room-cursor.js";

/** What a worker knows of one log of a room. Another epoch gets another view. */
export interface RoomView extends LogName {
  /** May lag behind the store's. */
  floor: number;
  readonly cursor: RoomCursor;
  readonly ring: MessageRing;
}

/** A hole at the cursor: since when it is known, and up to where numbers were missing then. */
export interface Gap {
  readonly after: number;
  readonly below: number;
  readonly fillAtMs: number;
}

/** Committed entries of one log. */
export interface Offer {
  readonly epoch: string;
  readonly entries: readonly RoomEntry[];
}

/** A room that this worker follows. */
export interface OpenRoom {
  readonly name: string;
  /** Undefined until the first read of the store is done. */
  view: RoomView | undefined;
  ready: Promise<RoomView>;
  /** What came before there was a view. */
  early: Offer[];
  /** Calls at work with this room; it is not closed under them. */
  users: number;
  idleSinceMs: number | undefined;
  closed: boolean;
  gap: Gap | undefined;
  /** Reads made in vain for the current gap. */
  polls: number;
  cancelTimer: (() => void) | undefined;
  pulling: Promise<void> | undefined;
  /** Numbers that were handed out, with nothing stored behind them. */
  tail: { readonly seq: number; readonly after: number; readonly sinceMs: number } | undefined;
}

type ViewLimits = Pick<RoomLimits, "bufferedMessages" | "openNumbers" | "ringMessages" | "ringBytes">;

/**
 * Reads where the log stands. The cursor starts below the first number missing among the newest ones: its message may
 * be on its way, and those who join now must see it. It never starts at the counter, which is ahead of the log.
 */
export async function readView(
  deps: {
    readonly reader: HistoryReader;
    readonly store: Pick<RoomStore, "create">;
    readonly rings: RingFamily;
  },
  room: string,
  limits: ViewLimits,
): Promise<RoomView> {
  const { reader, store, rings } = deps;
  const tailLimit = { messages: limits.ringMessages, bytes: limits.ringBytes };
  let head = (await reader.heads([room])).get(room);
  if (head === undefined) {
    await store.create(room);
    head = (await reader.heads([room])).get(room);
  }
  const tail = head && (await reader.before({ room, epoch: head.epoch }, Infinity, tailLimit));
  // A log that is being replaced at this moment is complete when the client asks again.
  if (head === undefined || tail === undefined) throw new RoomUnavailable("unreadable");

  const top = Math.max(head.floor, tail.entries.at(-1)?.seq ?? 0);
  const lowest = Math.max(head.floor + 1, top - limits.openNumbers + 1);
  const recent = numbers(lowest, top, limits.openNumbers);
  const inTail = new Set(tail.entries.map((entry) => entry.seq));
  const unknown = recent.filter((seq) => !inTail.has(seq));
  const taken = unknown.length > 0 ? await reader.bySlots(room, unknown) : new Set<number>();
  const hole = unknown.find((seq) => !taken.has(seq));

  const cursor = createRoomCursor(hole === undefined ? top : hole - 1, limits.bufferedMessages);
  const ring = rings.createRing();
  const passed = tail.entries.filter(({ seq }) => seq > head.floor && seq <= cursor.last);
  ring.push(contiguousEnd(passed));
  cursor.take(tail.entries);
  return { room, epoch: head.epoch, floor: head.floor, cursor, ring };
}

function contiguousEnd(entries: readonly RoomEntry[]): readonly RoomEntry[] {
  let start = entries.length - 1;
  while (start > 0 && entries[start - 1]?.seq === (entries[start]?.seq ?? 0) - 1) start -= 1;
  return entries.slice(Math.max(0, start));
}

/** Keeps a run that the cursor has just returned and passes it on in events of bounded size. */
export function passOn(
  room: OpenRoom,
  run: readonly RoomEntry[],
  deliver: Deliver,
  limits: Pick<RoomLimits, "pageMessages" | "pageBytes">,
): void {
  const { view } = room;
  const first = run[0];
  if (view === undefined || first === undefined) return;
  view.ring.push(run);
  room.gap = undefined;
  room.polls = 0;
  let after = first.seq - 1;
  for (const part of split(run, limits)) {
    const to = part.at(-1)?.seq ?? after;
    deliver({ room: room.name, epoch: view.epoch, after, to, messages: toWire(part) });
    after = to;
  }
}

function split(
  run: readonly RoomEntry[],
  limits: Pick<RoomLimits, "pageMessages" | "pageBytes">,
): RoomEntry[][] {
  const parts: RoomEntry[][] = [];
  let part: RoomEntry[] = [];
  let bytes = 0;
  for (const entry of run) {
    bytes += entryBytes(entry);
    if (part.length > 0 && (part.length === limits.pageMessages || bytes > limits.pageBytes)) {
      parts.push(part);
      part = [];
      bytes = entryBytes(entry);
    }
    part.push(entry);
  }
  if (part.length > 0) parts.push(part);
  return parts;
}
