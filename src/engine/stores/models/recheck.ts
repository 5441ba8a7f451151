import { type Connection, type Model, Schema } from "mongoose";

/** A recheck that somebody has asked for. */
export interface RecheckRecord {
  /** Random. */
  readonly _id: string;
  readonly room?: string;
  readonly user?: string;
  /** By MongoDB's clock. */
  readonly at: Date;
}

/** All workers have looked many times by then, in seconds. */
const KEPT_S = 600;

const schema = new Schema<RecheckRecord>(
  {
    _id: { type: String, required: true },
    room: String,
    user: String,
    at: { type: Date, required: true },
  },
  { collection: "rechecks", versionKey: false },
);

// Every worker asks for the newest every 2 s.
schema.index({ at: 1 }, { expireAfterSeconds: KEPT_S });

/** The rechecks' collection on the given connection. */
export function createRecheckModel(connection: Connection): Model<RecheckRecord> {
  return connection.model<RecheckRecord>("Recheck", schema);
}
