import type { Connection } from "mongoose";
import type { ConnectionEvent } from "../domain.js";
import { createConnectionEventModel } from "../models/connection-event.js";
import { setUpStore, storeCall } from "./mongo.js";

/** Where the connection audit is kept. Every method rejects with `temporary` while MongoDB is away. */
export interface ConnectionEventStore {
  /** Creates the collection where it is missing; safe from several processes at once. Rejects with a StartError. */
  prepare(): Promise<void>;
  append(events: readonly ConnectionEvent[]): Promise<void>;
  /** The newest `limit` events, newest first. */
  newest(limit: number): Promise<ConnectionEvent[]>;
}

/** The audit in MongoDB. */
export function createConnectionEventStore(connection: Connection): ConnectionEventStore {
  const model = createConnectionEventModel(connection);
  return {
    prepare: () => setUpStore("connection audit", async () => void (await model.createCollection())),
    append: (events) => storeCall(async () => void (await model.insertMany(events, { ordered: false }))),
    newest: (limit) =>
      storeCall(() =>
        model.find({}, { _id: 0 }).sort({ $natural: -1 }).limit(limit).lean<ConnectionEvent[]>().exec(),
      ),
  };
}
