import { type Connection, type Model, Schema } from "mongoose";
import type { ConnectionEvent } from "../domain.js";

/** Size at which the oldest events make room for new ones; about 100,000 events. */
const COLLECTION_SIZE_BYTES = 16 * 1024 * 1024;

const schema = new Schema<ConnectionEvent>(
  {
    type: { type: String, enum: ["connect", "disconnect"], required: true },
    at: { type: Date, required: true },
    session: { type: String, required: true },
    instance: { type: String, required: true },
    worker: { type: Number, required: true },
    transport: { type: String, required: true },
    address: { type: String, required: true },
    reason: { type: String },
  },
  {
    collection: "connectionEvents",
    versionKey: false,
    // Capped: the audit can never fill a disk, keeps insertion order and needs no expiry job.
    capped: { size: COLLECTION_SIZE_BYTES },
  },
);

/** The connection audit's collection on the given connection. */
export function createConnectionEventModel(connection: Connection): Model<ConnectionEvent> {
  return connection.model<ConnectionEvent>("ConnectionEvent", schema);
}
