import { type Connection, type Model, Schema } from "mongoose";
import type { Engine } from "../../contract/feature.js";

/** One line of the connection audit. */
export interface ConnectionEvent {
  readonly type: "connect" | "disconnect";
  readonly at: Date;
  /** Public id of the Socket.IO session, not the secret Engine.IO one. */
  readonly session: string;
  readonly instance: string;
  readonly worker: number;
  readonly transport: string;
  readonly address: string;
  /** Why it ended, in Socket.IO's words; absent for `connect`. */
  readonly reason?: string;
}

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
export function connectionEventModel(connection: Connection): Model<ConnectionEvent> {
  return connection.model<ConnectionEvent>("ConnectionEvent", schema);
}

/** Where the connection audit is kept. Its methods reject with `temporary` while MongoDB is away. */
export interface ConnectionEvents {
  append(events: readonly ConnectionEvent[]): Promise<void>;
  /** The newest `limit` events, newest first. */
  newest(limit: number): Promise<ConnectionEvent[]>;
}

const APPEND = { ordered: false, forceServerObjectId: true } as const;

/**
 * The audit in MongoDB. Written by the driver: mongoose's documents and validation took a tenth of what a handshake costs,
 * for events that the service makes itself.
 */
export function createConnectionEvents(
  model: Model<ConnectionEvent>,
  database: Engine["database"],
): ConnectionEvents {
  const events = model.db.collection<ConnectionEvent>(model.collection.name);
  return {
    // The server gives the ids: an event that is written again must not look like a conflict.
    append: (batch) => database(async () => void (await events.insertMany([...batch], APPEND))),
    newest: (limit) =>
      database(() =>
        model.find({}, { _id: 0 }).sort({ $natural: -1 }).limit(limit).lean<ConnectionEvent[]>().exec(),
      ),
  };
}
