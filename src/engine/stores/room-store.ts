import mongoose, { type Connection, type mongo } from "mongoose";
import { isTombstone, messageKey, type RoomMessage } from "../../contract/types.js";
import type { PageLimit, RoomHead, RoomStore, StoredPage } from "../rooms/room-store.js";
import { durabilityOf, SINGLE_SERVER } from "./durability.js";
import { createInsertQueue, type InsertOutcome } from "./insert-queue.js";
import { mergeCalls } from "./merged-calls.js";
import { createRoomModel, type RoomRecord } from "./models/room.js";
import { createRoomEntryModel, type RoomEntryRecord } from "./models/room-entry.js";
import { createRoomCounter, newRoom, upsert } from "./room-counter.js";
import { createJournalBarrier } from "./room-journal.js";
import { entryOf, readPage, recordOf } from "./room-records.js";
import { boundedCall, boundedCalls } from "./store-calls.js";
import { setUpStore } from "./store-set-up.js";

const DUPLICATE_KEY = 11_000;
/** Most rooms of one command that reads heads, as for one call. */
const COMMAND_HEADS = 1000;
/** Longest wait of the server for its majority, as a linearizable read without one would never end; in milliseconds. */
const HOLDS_MS = 5_000;

/** The room log in MongoDB; the contract is that of the interface. */
export interface MongoRoomStore extends RoomStore {
  /** Looks what kind of server it is, as that decides what is durable. Before anything else. */
  prepare(): Promise<void>;
}

/** Works on the driver's collections: on this path mongoose's casting and documents would only cost. */
export function createRoomStore(connection: Connection): MongoRoomStore {
  const roomModel = createRoomModel(connection);
  const entryModel = createRoomEntryModel(connection);
  const rooms = connection.collection<RoomRecord>(roomModel.collection.name);
  const entries = connection.collection<RoomEntryRecord>(entryModel.collection.name);
  let { committed, latest, durable } = SINGLE_SERVER;
  let barrier = createJournalBarrier(connection);

  /** What was read, once nothing can take it back. */
  async function secured<Found>(found: readonly Found[]): Promise<readonly Found[]> {
    if (found.length > 0) await barrier();
    return found;
  }

  async function prepare(): Promise<void> {
    const found = await durabilityOf(connection);
    ({ committed, latest, durable } = found);
    if (!found.isSingle) barrier = async () => {};
  }

  async function insert(records: readonly RoomEntryRecord[], ordered: boolean): Promise<InsertOutcome> {
    try {
      // Bounded here, too: in the queue, others wait for it.
      await boundedCall(entries.insertMany([...records], { ordered, writeConcern: durable }));
      return "stored";
    } catch (error) {
      if (isOnlyConflicts(error)) return "conflict";
      throw error;
    }
  }
  const insertInOrder = createInsertQueue<RoomEntryRecord>((records) => insert(records, true));

  async function readHeads(lists: readonly (readonly string[])[]): Promise<ReadonlyMap<string, RoomHead>[]> {
    const names = [...new Set(lists.flat())];
    const projection = { seq: 1, floor: 1, epoch: 1 };
    const found = await secured(
      await rooms.find({ _id: { $in: names } }, { ...committed, projection }).toArray(),
    );
    const heads = new Map(found.map(({ _id, ...head }) => [_id, head]));
    return lists.map((list) => pick(heads, list));
  }

  function readEntries(room: string, order: 1 | -1, start: number, limit: PageLimit): Promise<StoredPage> {
    const options: mongo.FindOptions = { ...committed, sort: { seq: order } };
    const query = (beyond: number, count: number) => {
      const seq = order === 1 ? { $gt: beyond } : { $lt: beyond };
      return entries.find({ room, seq }, options).limit(count);
    };
    return readPage(query, start, limit);
  }

  const operations: RoomStore = {
    allocate: createRoomCounter(connection, rooms),

    async insert(batch, { ordered }) {
      const records = batch.map(recordOf);
      if (ordered) return insertInOrder(records);
      // Numbers are declared unused, which keeps a late message out only by the unique key. Who drops the data of instances
      // that run, or puts other data there, takes the index with it: the next insert makes the collection, without one.
      await entryModel.createIndexes();
      return insert(records, false);
    },

    async byIds(keys) {
      const found = await secured(await entries.find({ _id: { $in: [...keys] } }, committed).toArray());
      const messages = found.map(entryOf).filter((entry): entry is RoomMessage => !isTombstone(entry));
      return new Map(messages.map((message) => [messageKey(message), message]));
    },

    async bySlots(room, seqs) {
      const projection = { _id: 0, seq: 1 };
      const found = await secured(
        await entries.find({ room, seq: { $in: [...seqs] } }, { ...committed, projection }).toArray(),
      );
      return new Set(found.map(({ seq }) => seq));
    },

    async holds(room, seq) {
      const options = { ...latest, projection: { _id: 1 }, maxTimeMS: HOLDS_MS };
      return (await entries.findOne({ room, seq }, options)) !== null;
    },

    async after(room, seq, limit) {
      const page = await readEntries(room, 1, seq, limit);
      await secured(page.entries);
      return page;
    },

    async before(room, seq, limit) {
      const page = await readEntries(room, -1, seq, limit);
      await secured(page.entries);
      return { ...page, entries: page.entries.toReversed() };
    },

    count: (room, seq, atMost) =>
      // Tombstones have no id.
      entries.countDocuments(
        { room, seq: { $gt: seq }, id: { $exists: true } },
        { ...committed, limit: atMost },
      ),

    heads: mergeCalls((lists) => boundedCall(readHeads(lists)), {
      limit: COMMAND_HEADS,
      size: (names) => names.length,
    }),

    async create(room) {
      const update = { $setOnInsert: { seq: 0, ...newRoom() } };
      await upsert(() => rooms.updateOne({ _id: room }, update, { upsert: true, writeConcern: durable }));
    },

    async raise(room, seq) {
      await rooms.updateOne({ _id: room }, { $max: { seq } }, { writeConcern: durable });
    },

    async raiseFloor(room, floor) {
      await rooms.updateOne({ _id: room }, { $max: { floor } }, { writeConcern: durable });
    },

    async date() {
      const projection = { _id: 0, now: "$$NOW" };
      const found = await rooms.findOne<{ now?: Date }>({}, { projection });
      if (found?.now === undefined) throw new Error("there is no room to tell the time");
      return found.now.getTime();
    },

    async withdraw(messages) {
      const stored = messages.map(({ seq, ...message }) => ({ _id: messageKey(message), seq }));
      await entries.deleteMany({ $or: stored }, { writeConcern: durable });
    },

    async deleteUpTo(room, floor) {
      await entries.deleteMany({ room, seq: { $lte: floor } });
    },

    async replace(room) {
      const { epoch } = newRoom();
      const update = [{ $set: { epoch, floor: { $max: ["$floor", "$seq"] } } }];
      const projection = { _id: 0, seq: 1, floor: 1, epoch: 1 };
      const options = { returnDocument: "after", projection, writeConcern: durable } as const;
      const head = await rooms.findOneAndUpdate({ _id: room }, update, options);
      return head === null ? undefined : { seq: head.seq, floor: head.floor, epoch: head.epoch };
    },

    async names(after, limit, prefix = "") {
      // No letter of a name is beyond this one.
      const range = prefix === "" ? {} : { $gte: prefix, $lt: `${prefix}\u{7f}` };
      const found = await rooms
        .find(
          { _id: { $gt: after, ...range } },
          { ...committed, projection: { _id: 1 }, sort: { _id: 1 }, limit },
        )
        .toArray();
      return found.map(({ _id }) => _id);
    },
  };
  return { prepare: () => setUpStore("room log", prepare), ...boundedCalls(operations) };
}

function pick<Value>(all: ReadonlyMap<string, Value>, names: readonly string[]): Map<string, Value> {
  const picked = new Map<string, Value>();
  for (const name of names) {
    const value = all.get(name);
    if (value !== undefined) picked.set(name, value);
  }
  return picked;
}

/** True when taken keys are all that went wrong; with anything else besides, what is stored is unknown. */
function isOnlyConflicts(error: unknown): boolean {
  if (!(error instanceof mongoose.mongo.MongoBulkWriteError)) return false;
  const failures = [error.writeErrors].flat();
  const unsure = error.result.getWriteConcernError() !== undefined;
  return !unsure && failures.length > 0 && failures.every((failure) => failure.code === DUPLICATE_KEY);
}
