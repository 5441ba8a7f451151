import type { Connection } from "mongoose";
import type { ConnectionEvent } from "../domain.js";
import { createConnectionEventModel } from "../models/connection-event.js";
import { storeCall } from "./mongo.js";

/** Where the connection audit is kept. Every method rejects with `temporary` while MongoDB is away. */
export interface ConnectionEventStore {
  append(events: readonly ConnectionEvent[]): Promise<void>;
  /** The newest `limit` events, newest first. */
  newest(limit: number): Promise<ConnectionEvent[]>;
}

const APPEND = { ordered: false, forceServerObjectId: true } as const;

/**
 * The audit in MongoDB. Written by the driver: mongoose's documents and validation took a tenth of what a handshake costs,
 * for events that the service makes itself.
 */
export function createConnectionEventStore(connection: Connection): ConnectionEventStore {
  const model = createConnectionEventModel(connection);
  const events = connection.collection<ConnectionEvent>(model.collection.name);
  return {
    // The server gives the ids: an event that is written again must not look like a conflict.
    append: (batch) => storeCall(async () => void (await events.insertMany([...batch], APPEND))),
    newest: (limit) =>
      storeCall(() =>
        model.find({}, { _id: 0 }).sort({ $natural: -1 }).limit(limit).lean<ConnectionEvent[]>().exec(),
      ),
  };
}
