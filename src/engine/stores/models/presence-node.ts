import { type Connection, type Model, Schema } from "mongoose";

/** The record of a worker that is, or was lately, alive. */
export interface PresenceNodeRecord {
  /** Random, another one for every life. */
  readonly _id: string;
  /** Counts its signs of life. */
  readonly beat: number;
  /** Only there, and true, once the worker is known to have ended. */
  readonly gone?: boolean;
}

const schema = new Schema<PresenceNodeRecord>(
  { _id: { type: String, required: true }, beat: { type: Number, required: true }, gone: Boolean },
  { collection: "presenceNodes", versionKey: false },
);

/** The workers' collection on the given connection. */
export function createPresenceNodeModel(connection: Connection): Model<PresenceNodeRecord> {
  return connection.model<PresenceNodeRecord>("PresenceNode", schema);
}
