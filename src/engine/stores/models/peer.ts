import { type Connection, type Model, Schema } from "mongoose";

/** An instance that others may pass requests on to. */
export interface PeerRecord {
  /** Its key: what its session ids end with. */
  readonly _id: string;
  readonly url: string;
  /** Its latest sign of life, by MongoDB's clock. */
  readonly at: Date;
}

/** Age at which a record goes, in seconds: four signs of life. MongoDB may take a minute more. */
const EXPIRES_AFTER_S = 60;

const schema = new Schema<PeerRecord>(
  {
    _id: { type: String, required: true },
    url: { type: String, required: true },
    at: { type: Date, required: true },
  },
  { collection: "peers", versionKey: false },
);

schema.index({ at: 1 }, { expireAfterSeconds: EXPIRES_AFTER_S });

/** The instances' collection on the given connection. */
export function createPeerModel(connection: Connection): Model<PeerRecord> {
  return connection.model<PeerRecord>("Peer", schema);
}
