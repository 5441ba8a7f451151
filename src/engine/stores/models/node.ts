import { type Connection, type Model, Schema } from "mongoose";
import type { InstanceAddress } from "../../membership/membership-store.js";

/** The record of a worker that is, or was lately, alive. */
export interface NodeRecord {
  /** Random, another one for every life. */
  readonly _id: string;
  /** Counts its signs of life. */
  readonly beat: number;
  /** Only there, and true, once the worker is known to have ended. */
  readonly gone?: boolean;
  /** Its instance's address; only there if others may pass requests on to it. */
  readonly peer?: InstanceAddress;
}

const schema = new Schema<NodeRecord>(
  {
    _id: { type: String, required: true },
    beat: { type: Number, required: true },
    gone: Boolean,
    peer: { key: String, url: String },
  },
  { collection: "presenceNodes", versionKey: false },
);

/** The workers' collection on the given connection. */
export function createNodeModel(connection: Connection): Model<NodeRecord> {
  return connection.model<NodeRecord>("Node", schema);
}
