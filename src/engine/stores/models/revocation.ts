import { type Connection, type Model, Schema } from "mongoose";
import type { RevocationTarget } from "../../../contract/revocations.js";

/** What is known of one target, or of all. */
export interface RevocationRecord {
  readonly _id: RevocationTarget;
  /** Of the newest write. */
  readonly number: number;
  readonly issuedBeforeS: number;
  readonly immediateBeforeS: number;
  readonly until: Date;
}

/** The counter that numbers the writes. */
export interface RevocationHeadRecord {
  /** There is one record. */
  readonly _id: string;
  /** Highest number handed out. */
  readonly number: number;
  /** Random name of this counter. */
  readonly epoch: string;
  /** When the newest number was handed out, by MongoDB's clock; see `take` of the store. */
  readonly at?: Date;
}

const schema = new Schema<RevocationRecord>(
  {
    _id: { type: String, required: true },
    number: { type: Number, required: true },
    issuedBeforeS: { type: Number, required: true },
    immediateBeforeS: { type: Number, required: true },
    until: { type: Date, required: true },
  },
  { collection: "revocations", versionKey: false },
);

// Every worker asks for the newest every 5 s.
schema.index({ number: 1 });

const headSchema = new Schema<RevocationHeadRecord>(
  {
    _id: { type: String, required: true },
    number: { type: Number, required: true },
    epoch: { type: String, required: true },
    at: Date,
  },
  { collection: "revocationHeads", versionKey: false },
);

/** The revocations' collection on the given connection. */
export function createRevocationModel(connection: Connection): Model<RevocationRecord> {
  return connection.model<RevocationRecord>("Revocation", schema);
}

/** The collection of their counter. */
export function createRevocationHeadModel(connection: Connection): Model<RevocationHeadRecord> {
  return connection.model<RevocationHeadRecord>("RevocationHead", headSchema);
}
