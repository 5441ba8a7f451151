import { type Connection, type Model, Schema } from "mongoose";

/** What the workers of this database prove to each other that they can read. */
export interface BusKeyRecord {
  /** There is one record. */
  readonly _id: string;
  /** 32 random bytes in hex. */
  readonly secret: string;
}

const schema = new Schema<BusKeyRecord>(
  { _id: { type: String, required: true }, secret: { type: String, required: true } },
  { collection: "buskeys", versionKey: false },
);

/** The collection of the bus key on the given connection. */
export function createBusKeyModel(connection: Connection): Model<BusKeyRecord> {
  return connection.model<BusKeyRecord>("BusKey", schema);
}
