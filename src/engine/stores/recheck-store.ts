import type { Connection } from "mongoose";
import type { RecheckNote, RecheckStore } from "../trust/rights/recheck-store.js";
import { durabilityOf, SINGLE_SERVER } from "./durability.js";
import { createRecheckModel, type RecheckRecord } from "./models/recheck.js";
import { upsert } from "./room-counter.js";
import { boundedCall, storeCall } from "./store-calls.js";
import { setUpStore } from "./store-set-up.js";

/** Of the record that tells the time; no note has this id. */
const CLOCK = "clock";

/** The notes in MongoDB; the contract is that of the interface. */
export interface MongoRecheckStore extends RecheckStore {
  /** Looks what kind of server it is, as that decides what is durable. Before anything else. */
  prepare(): Promise<void>;
}

export function createRecheckStore(connection: Connection): MongoRecheckStore {
  const notes = connection.collection<RecheckRecord>(createRecheckModel(connection).collection.name);
  let durability = SINGLE_SERVER;

  async function prepare(): Promise<void> {
    durability = await durabilityOf(connection);
  }

  /** Written where there is none, as not every server tells the time to who has nothing to read. */
  async function date(): Promise<number> {
    const projection = { at: "$$NOW" };
    const found = await notes.findOne<Pick<RecheckRecord, "at">>({ _id: CLOCK }, { projection });
    if (found !== null) return found.at.getTime();
    const options = { upsert: true, returnDocument: "after" } as const;
    const clock = await upsert(() =>
      notes.findOneAndUpdate({ _id: CLOCK }, [{ $set: { at: "$$NOW" } }], options),
    );
    if (clock === null) throw new Error("the upsert of the rechecks' clock returned nothing");
    return clock.at.getTime();
  }

  return {
    prepare: () => setUpStore("rechecks", prepare),
    date: () => boundedCall(date()),

    async add({ id, room, user }: RecheckNote) {
      const note = {
        ...(room === undefined ? {} : { room: { $literal: room } }),
        ...(user === undefined ? {} : { user: { $literal: user } }),
        at: "$$NOW",
      };
      const options = { upsert: true, writeConcern: durability.durable };
      await storeCall(() => upsert(() => notes.updateOne({ _id: id }, [{ $set: note }], options)));
    },

    async between(fromMs, toMs, limit) {
      const options = { ...durability.committed, sort: { at: 1 }, limit } as const;
      const asked = { at: { $gte: new Date(fromMs), $lte: new Date(toMs) }, _id: { $ne: CLOCK } };
      const found = await boundedCall(notes.find(asked, options).toArray());
      return found.map(({ _id, room, user, at }) => ({ id: _id, room, user, atMs: at.getTime() }));
    },
  };
}
