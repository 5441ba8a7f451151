import { type Connection, type Model, Schema } from "mongoose";
import type { Engine } from "../../contract/feature.js";

/** `refuse`: a handshake was not let in. The last four: see Act. */
export const EVENT_TYPES = ["connect", "disconnect", "refuse", "revoke", "remove", "move", "end"] as const;

/** One line of the connection audit. What does not belong to its type is absent. */
export interface ConnectionEvent {
  readonly type: (typeof EVENT_TYPES)[number];
  readonly at: Date;
  /** Public id of the Socket.IO session, not the secret Engine.IO one. */
  readonly session?: string;
  readonly instance: string;
  readonly worker: number;
  readonly transport?: string;
  readonly address?: string;
  /** Whose connection it was, or who was revoked, removed or moved. */
  readonly user?: string;
  /** Why it ended, in Socket.IO's words. */
  readonly reason?: string;
  /** What a handshake was refused with. */
  readonly code?: string;
  /** Name of the key by which it was done. */
  readonly key?: string;
  /** `jti` of the token that was revoked. */
  readonly token?: string;
  /** The room that was ended. */
  readonly room?: string;
}

/** Which events are looked for: those that have all of these, and came before this time. */
export type EventFilter = Partial<Pick<ConnectionEvent, "type" | "user" | "session">> & {
  readonly before?: Date;
};

/** Size at which the oldest events make room for new ones; about 100,000 events. */
const COLLECTION_SIZE_BYTES = 16 * 1024 * 1024;

const schema = new Schema<ConnectionEvent>(
  {
    type: { type: String, enum: EVENT_TYPES, required: true },
    at: { type: Date, required: true },
    session: String,
    instance: { type: String, required: true },
    worker: { type: Number, required: true },
    transport: String,
    address: String,
    user: String,
    reason: String,
    code: String,
    key: String,
    token: String,
    room: String,
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
  /** The newest `limit` of such events, newest first. Without an index: all of the collection may be looked at. */
  newest(filter: EventFilter, limit: number): Promise<ConnectionEvent[]>;
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
    newest: ({ before, ...filter }, limit) =>
      database(() =>
        model
          .find(before === undefined ? filter : { ...filter, at: { $lt: before } }, { _id: 0 })
          .sort({ $natural: -1 })
          .limit(limit)
          .lean<ConnectionEvent[]>()
          .exec(),
      ),
  };
}
