import type { Connection } from "mongoose";
import { createPeerModel, type PeerRecord } from "./models/peer.js";
import { boundedCalls } from "./mongo.js";

/** Most instances that know each other. */
const READ_LIMIT = 1000;

/** Where instances tell each other their addresses. Every call rejects, within a bounded time, when MongoDB is away. */
export interface PeerStore {
  /** A sign of life of the instance with this key, at this address. */
  beat(key: string, url: string): Promise<void>;
  /** All instances by key, 1000 at most. One that was killed stays for a minute or two. */
  all(): Promise<ReadonlyMap<string, string>>;
}

/** The addresses in MongoDB. Works on the driver's collection, as the presence does. What a fail-over takes back is written again. */
export function createPeerStore(connection: Connection): PeerStore {
  const model = createPeerModel(connection);
  const peers = connection.collection<PeerRecord>(model.collection.name);

  const operations: PeerStore = {
    async beat(key, url) {
      const change = { $set: { url }, $currentDate: { at: true as const } };
      await peers.updateOne({ _id: key }, change, { upsert: true, writeConcern: { w: 1 } });
    },
    async all() {
      const found = await peers.find().limit(READ_LIMIT).toArray();
      return new Map(found.map(({ _id, url }) => [_id, url]));
    },
  };
  return boundedCalls(operations);
}
