import type { Connection } from "mongoose";
import type { MembershipStore } from "../membership/membership-store.js";
import type { PresenceStore } from "../presence/presence-store.js";
import type { RoomUsers } from "../presence/types.js";
import { createPresenceEntryModel, type PresenceEntryRecord } from "./models/presence-entry.js";
import { boundedCalls } from "./store-calls.js";

/** w:1 is enough: a write that a fail-over takes back is repeated. */
const SEEN = { writeConcern: { w: 1 } } as const;

/** The presence in MongoDB; the contract is that of the interface. Works on the driver's collections, as mongoose's casting and documents would only cost. */
export function createPresenceStore(
  connection: Connection,
  members: Pick<MembershipStore, "nodes">,
): PresenceStore {
  const entryModel = createPresenceEntryModel(connection);
  const entries = connection.collection<PresenceEntryRecord>(entryModel.collection.name);

  function writeOf(node: string, room: string, { users, count }: RoomUsers) {
    const filter = { _id: `${room}|${node}` };
    if (count === 0) return { deleteOne: { filter } };
    const replacement = { room, node, users: [...users], count };
    return { replaceOne: { filter, replacement, upsert: true } };
  }

  const operations: PresenceStore = {
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
      const known = new Set((await members.nodes()).map(({ id }) => id));
      return writers.filter((node) => !known.has(node));
    },
  };
  return boundedCalls(operations);
}
