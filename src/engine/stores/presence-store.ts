import type { Connection } from "mongoose";
import type { PresenceStore } from "../presence/presence-store.js";
import type { RoomUsers } from "../presence/types.js";
import { createPresenceEntryModel, type PresenceEntryRecord } from "./models/presence-entry.js";
import { createPresenceNodeModel, type PresenceNodeRecord } from "./models/presence-node.js";
import { boundedCalls } from "./mongo.js";

/** w:1 is enough: a write that a fail-over takes back is repeated, or noticed by a missing beat. */
const SEEN = { writeConcern: { w: 1 } } as const;

/** The presence in MongoDB; the contract is that of the interface. Works on the driver's collections, as mongoose's casting and documents would only cost. */
export function createPresenceStore(connection: Connection): PresenceStore {
  const nodeModel = createPresenceNodeModel(connection);
  const entryModel = createPresenceEntryModel(connection);
  const nodes = connection.collection<PresenceNodeRecord>(nodeModel.collection.name);
  const entries = connection.collection<PresenceEntryRecord>(entryModel.collection.name);

  function writeOf(node: string, room: string, { users, count }: RoomUsers) {
    const filter = { _id: `${room}|${node}` };
    if (count === 0) return { deleteOne: { filter } };
    const replacement = { room, node, users: [...users], count };
    return { replaceOne: { filter, replacement, upsert: true } };
  }

  const operations: PresenceStore = {
    async enroll(node) {
      await nodes.updateOne({ _id: node }, { $setOnInsert: { beat: 0 } }, { upsert: true, ...SEEN });
    },
    async beat(node) {
      const alive = { _id: node, gone: { $exists: false } };
      return (await nodes.updateOne(alive, { $inc: { beat: 1 } }, SEEN)).matchedCount === 1;
    },
    async nodes() {
      const found = await nodes.find().toArray();
      return found.map(({ _id, beat, gone }) => ({ id: _id, beat, gone: gone === true }));
    },
    async markGone(node) {
      const alive = { _id: node, gone: { $exists: false } };
      return (await nodes.updateOne(alive, { $set: { gone: true } }, SEEN)).matchedCount === 1;
    },
    async remove(node, beat) {
      return (await nodes.deleteOne({ _id: node, beat }, SEEN)).deletedCount === 1;
    },
    async clear(ids) {
      await entries.deleteMany({ node: { $in: [...ids] } }, SEEN);
    },
    async write(node, rooms) {
      const writes = [...rooms].map(([room, users]) => writeOf(node, room, users));
      await entries.bulkWrite(writes, { ordered: false, ...SEEN });
    },
    async read(rooms) {
      const found = await entries.find({ room: { $in: [...rooms] } }).toArray();
      return found.map(({ room, node, users, count }) => ({ room, node, users, count }));
    },
    async strays() {
      // In this order: a node enrolls before it writes, so whoever has an entry now has a record then, or is dead.
      const writers: readonly string[] = await entries.distinct("node");
      const known = new Set((await nodes.find().toArray()).map(({ _id }) => _id));
      return writers.filter((node) => !known.has(node));
    },
  };
  return boundedCalls(operations);
}
