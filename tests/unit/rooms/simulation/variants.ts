import { isTombstone, type RoomEntry } from "../../../../src/contract/types.js";
import type { RoomLimits } from "../../../../src/engine/rooms/limits.js";
import type { RoomBus } from "../../../../src/engine/rooms/ports.js";
import type { RoomStore, StoredPage } from "../../../../src/engine/rooms/room-store.js";
import type { Database } from "./database.js";
import type { DatabaseOptions } from "./database-faults.js";

/** One rule of the design taken away, without a switch in the product: through what the product is given. */
export interface Variant {
  readonly database?: Partial<DatabaseOptions>;
  readonly limits?: Partial<RoomLimits>;
  readonly wrapStore?: (store: RoomStore) => RoomStore;
  readonly wrapBus?: (bus: RoomBus, database: Database) => RoomBus;
  /** Removes messages without recording the floor. */
  readonly trimWithoutFloor?: boolean;
  /** The gateway joins a socket some time after it has answered. */
  readonly lateJoin?: boolean;
}

export const VARIANTS = {
  "no unique {room, seq}": { database: { uniqueSlots: false } },
  "no idempotent _id": { database: { uniqueIds: false } },
  "readers pass gaps": { wrapStore: passGaps },
  "holes are never filled": { wrapStore: dropTombstones },
  "acknowledged before a majority has it": { database: { majorityWrites: false } },
  "reads show what is not journaled yet": { database: { committedReads: false } },
  "free numbers are kept after one is lost": { wrapStore: keepFreeNumbers },
  "no sweep": { limits: { sweepMs: 1e9, sweepDownMs: 1e9 } },
  "messages are removed without a floor": { trimWithoutFloor: true },
  "readers start above missing numbers": { limits: { openNumbers: 0 } },
  "the counter stays where a fail-over set it": {
    wrapStore: (store) => ({ ...store, raise: async () => {} }),
  },
  "sockets join after their answer": { lateJoin: true },
  "what a worker does not know is taken for beyond the end": {
    wrapStore: (store) => ({ ...store, holds: async () => false }),
  },
  "positions beyond the end are believed": { wrapStore: (store) => ({ ...store, holds: async () => true }) },
  "events of other logs are believed": { wrapBus: believeAll },
  "pages of other logs are believed": { wrapStore: believePages },
  "a replaced log is not noticed": { wrapStore: keepEpochs },
} as const satisfies Record<string, Variant>;

/** What comes over the bus is taken for the log that the room has now. */
function believeAll(bus: RoomBus, database: Database): RoomBus {
  return {
    ...bus,
    onMessages: (handler) =>
      bus.onMessages(({ room, epoch }, entries) =>
        handler({ room, epoch: database.head(room)?.epoch ?? epoch }, entries),
      ),
  };
}

/** The look at the record that follows a page finds the epoch that was there before the page. */
function believePages(store: RoomStore): RoomStore {
  const known = new Map<string, string>();
  const pages = new Set<string>();
  return {
    ...store,
    async after(room, seq, limit) {
      const page = await store.after(room, seq, limit);
      pages.add(room);
      return page;
    },
    async heads(rooms) {
      const heads = new Map(await store.heads(rooms));
      for (const [room, head] of heads) {
        const epoch = known.get(room) ?? head.epoch;
        if (pages.delete(room)) heads.set(room, { ...head, epoch });
        else known.set(room, head.epoch);
      }
      return heads;
    },
  };
}

function keepEpochs(store: RoomStore): RoomStore {
  const first = new Map<string, string>();
  return {
    ...store,
    async heads(rooms) {
      const heads = [...(await store.heads(rooms))];
      return new Map(
        heads.map(([room, head]) => {
          const epoch = first.get(room) ?? head.epoch;
          first.set(room, epoch);
          return [room, { ...head, epoch }];
        }),
      );
    },
  };
}

/** Readers that take a missing number for an unused one at once. */
function passGaps(store: RoomStore): RoomStore {
  return {
    ...store,
    async after(room, seq, limit) {
      const page = await store.after(room, seq, limit);
      return withoutGaps(room, page, seq);
    },
  };
}

function withoutGaps(room: string, page: StoredPage, after: number): StoredPage {
  const entries: RoomEntry[] = [];
  for (const entry of page.entries) {
    for (let seq = after + entries.length + 1; seq < entry.seq; seq += 1) {
      entries.push({ room, seq, at: 0, void: true });
    }
    entries.push(entry);
  }
  return { ...page, entries };
}

function dropTombstones(store: RoomStore): RoomStore {
  return {
    ...store,
    insert: async (entries, options) =>
      entries.every(isTombstone) ? "conflict" : store.insert(entries, options),
  };
}

/** Unordered inserts: what got its number keeps it, while what lost its own is moved behind. */
function keepFreeNumbers(store: RoomStore): RoomStore {
  return { ...store, insert: (entries) => store.insert(entries, { ordered: false }) };
}
