import type { Connection } from "mongoose";
import type { MembershipStore } from "../membership/membership-store.js";
import { createNodeModel, type NodeRecord } from "./models/node.js";
import { boundedCalls } from "./store-calls.js";

/** w:1 is enough: a write that a fail-over takes back is repeated, or noticed by a missing beat. */
const SEEN = { writeConcern: { w: 1 } } as const;

/** The membership in MongoDB; the contract is that of the interface. Works on the driver's collection, as the presence does. */
export function createMembershipStore(connection: Connection): MembershipStore {
  const model = createNodeModel(connection);
  const nodes = connection.collection<NodeRecord>(model.collection.name);

  const operations: MembershipStore = {
    async enroll(node, peer) {
      const record = peer === undefined ? { beat: 0 } : { beat: 0, peer };
      await nodes.updateOne({ _id: node }, { $setOnInsert: record }, { upsert: true, ...SEEN });
    },
    async beat(node) {
      const alive = { _id: node, gone: { $exists: false } };
      return (await nodes.updateOne(alive, { $inc: { beat: 1 } }, SEEN)).matchedCount === 1;
    },
    async nodes() {
      const found = await nodes.find().toArray();
      return found.map(({ _id, beat, gone, peer }) => ({ id: _id, beat, gone: gone === true, peer }));
    },
    async markGone(node) {
      const alive = { _id: node, gone: { $exists: false } };
      return (await nodes.updateOne(alive, { $set: { gone: true } }, SEEN)).matchedCount === 1;
    },
    async remove(node, beat) {
      return (await nodes.deleteOne({ _id: node, beat }, SEEN)).deletedCount === 1;
    },
  };
  return boundedCalls(operations);
}
