import { type Connection, type Model, Schema } from "mongoose";

/** A stored message of a room, or a tombstone: a number that is declared unused. */
export interface RoomEntryRecord {
  /** `room/sender/id` of a message, `room/!/seq` of a tombstone: the idempotency key, unique by nature. */
  readonly _id: string;
  readonly room: string;
  readonly seq: number;
  readonly at: Date;
  /** The rest is absent on tombstones. */
  readonly id?: string;
  readonly from?: string;
  /** JSON text: BSON would not give back every JSON value as it was (`$ref`, `_bsontype`, NUL in a key). */
  readonly body?: string;
}

const schema = new Schema<RoomEntryRecord>(
  {
    _id: { type: String, required: true },
    room: { type: String, required: true },
    seq: { type: Number, required: true },
    at: { type: Date, required: true },
    id: String,
    from: String,
    body: String,
  },
  { collection: "roomEntries", versionKey: false },
);

// The delivery protocol rests on it: whoever stores first has the number.
schema.index({ room: 1, seq: 1 }, { unique: true });

/** The room log's collection on the given connection. */
export function createRoomEntryModel(connection: Connection): Model<RoomEntryRecord> {
  return connection.model<RoomEntryRecord>("RoomEntry", schema);
}
