import { type Connection, type Model, Schema } from "mongoose";

/** The users of one room on one worker. */
export interface PresenceEntryRecord {
  /** `room|node`; "|" is in no name of a room. */
  readonly _id: string;
  readonly room: string;
  readonly node: string;
  /** Some of them: their number is bounded. */
  readonly users: readonly string[];
  /** How many they are. */
  readonly count: number;
}

const schema = new Schema<PresenceEntryRecord>(
  {
    _id: { type: String, required: true },
    room: { type: String, required: true },
    node: { type: String, required: true },
    users: { type: [String], required: true },
    count: { type: Number, required: true },
  },
  { collection: "presence", versionKey: false },
);

schema.index({ room: 1 });
schema.index({ node: 1 });

/** The presence's collection on the given connection. */
export function createPresenceEntryModel(connection: Connection): Model<PresenceEntryRecord> {
  return connection.model<PresenceEntryRecord>("PresenceEntry", schema);
}
