import { type Connection, type Model, mongo, Schema } from "mongoose";
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

/** An event that was written, with the number by which the store orders events: that of their writing. */
export interface StoredEvent extends ConnectionEvent {
  /** See {@link EVENT_ID}. */
  readonly id: string;
}

export const EVENT_ID = /^[0-9a-f]{24}$/;

/** Which events are looked for: those that have all of these, and came before this event (its id) or this time (ISO 8601). */
export type EventFilter = Partial<Pick<ConnectionEvent, "type" | "user" | "session">> & {
  readonly before?: string;
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
  /**
   * The newest `limit` of such events, newest first. There is an index of ids only: all of the collection may be looked at. Pages by id
   * skip nothing and repeat nothing, however many events there are within a millisecond.
   */
  newest(filter: EventFilter, limit: number): Promise<StoredEvent[]>;
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
      database(async () => {
        const found = await events
          .find({ ...filter, ...earlierThan(before) })
          .sort({ _id: -1 })
          .limit(limit)
          .toArray();
        return found.map(({ _id, ...event }) => ({ id: _id.toHexString(), ...event }));
      }),
  };
}

function earlierThan(before: string | undefined): object {
  if (before === undefined) return {};
  return EVENT_ID.test(before)
    ? { _id: { $lt: new mongo.ObjectId(before) } }
    : { at: { $lt: new Date(before) } };
}
