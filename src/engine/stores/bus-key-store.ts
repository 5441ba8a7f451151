import { createHmac, randomBytes } from "node:crypto";
import type { Connection } from "mongoose";
import { type BusKeyRecord, createBusKeyModel } from "./models/bus-key.js";
import { upsert } from "./room-counter.js";
import { boundedCall } from "./store-calls.js";
import { setUpStore } from "./store-set-up.js";

const ID = "bus";
const SECRET_BYTES = 32;

/** The key that only workers of this database have. */
export interface BusKeyStore {
  /** As `read`, when a process starts. @throws {StartError} a temporary one when MongoDB goes away meanwhile. */
  prepare(): Promise<Buffer>;
  /** The key as it is now, 32 bytes; makes the secret if there is none. Rejects, within a bounded time, when MongoDB is away. */
  read(): Promise<Buffer>;
}

/**
 * The secret is made once and kept in the database. The collection's UUID goes into the key as well: `mongorestore` makes
 * a new one, so that an environment that was filled from another one's backup has another key. A copy of the disk has not.
 */
export function createBusKeyStore(connection: Connection): BusKeyStore {
  const model = createBusKeyModel(connection);
  const keys = connection.collection<BusKeyRecord>(model.collection.name);

  async function secret(): Promise<string> {
    const fresh = { $setOnInsert: { secret: randomBytes(SECRET_BYTES).toString("hex") } };
    const record = await upsert(() =>
      keys.findOneAndUpdate({ _id: ID }, fresh, {
        upsert: true,
        returnDocument: "after",
        writeConcern: { w: "majority" },
      }),
    );
    if (record === null) throw new Error("the upsert of the bus key returned nothing");
    return record.secret;
  }

  /** Empty where the server tells none, as some that only speak MongoDB's protocol do. */
  async function collectionId(): Promise<string> {
    const [found] = (await connection.db?.listCollections({ name: model.collection.name }).toArray()) ?? [];
    return String((found && "info" in found && found.info?.uuid) ?? "");
  }

  async function read(): Promise<Buffer> {
    const made = await secret();
    return createHmac("sha256", made)
      .update(await collectionId())
      .digest();
  }

  return { prepare: () => setUpStore("bus key", read), read: () => boundedCall(read()) };
}
