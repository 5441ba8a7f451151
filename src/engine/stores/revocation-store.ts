import { randomBytes } from "node:crypto";
import type { Connection } from "mongoose";
import type { Revocation, RevocationStore, RevocationsRead } from "../trust/revocation/revocation-store.js";
import { durabilityOf, SINGLE_SERVER } from "./durability.js";
import {
  createRevocationHeadModel,
  createRevocationModel,
  type RevocationHeadRecord,
  type RevocationRecord,
} from "./models/revocation.js";
import { upsert } from "./room-counter.js";
import { boundedCall, storeCall } from "./store-calls.js";
import { setUpStore } from "./store-set-up.js";

const HEAD = "head";
/** Longest wait of the server for its majority, as a linearizable read without one would never end; in milliseconds. */
const HEAD_MS = 5000;
/** The clocks of a replica set's members may differ by this, in milliseconds. */
const DIFFER_MS = 30_000;

/** The revocations in MongoDB; the contract is that of the interface. */
export interface MongoRevocationStore extends RevocationStore {
  /** Looks what kind of server it is, as that decides what is durable. Before anything else. */
  prepare(): Promise<void>;
}

export function createRevocationStore(connection: Connection): MongoRevocationStore {
  const records = connection.collection<RevocationRecord>(createRevocationModel(connection).collection.name);
  const heads = connection.collection<RevocationHeadRecord>(
    createRevocationHeadModel(connection).collection.name,
  );
  let durability = SINGLE_SERVER;

  /** Raises the counter; by 0 it is made, if there is none. A number may not come twice: readers have gone on from it. */
  async function raise(by: 0 | 1, at: object): Promise<RevocationHeadRecord> {
    const next = {
      number: { $add: [{ $ifNull: ["$number", 0] }, by] },
      epoch: { $ifNull: ["$epoch", randomBytes(8).toString("hex")] },
      at,
    };
    const head = await upsert(() =>
      heads.findOneAndUpdate({ _id: HEAD }, [{ $set: next }], {
        upsert: true,
        returnDocument: "after",
        writeConcern: durability.durable,
      }),
    );
    if (head === null) throw new Error("the upsert of the revocations' counter returned nothing");
    return head;
  }

  /**
   * Whoever answers this is the primary, and has all that was acknowledged before the question: one that has lost its majority and does not
   * know it yet answers other reads from its past.
   */
  async function look(): Promise<RevocationHeadRecord> {
    const projection = { number: 1, epoch: 1, at: "$$NOW" };
    const options = { ...durability.latest, projection, maxTimeMS: HEAD_MS };
    const head = await heads.findOne<RevocationHeadRecord>({ _id: HEAD }, options);
    return head ?? (await raise(0, ONCE)); // somebody has dropped it
  }

  async function readAfter(after: number): Promise<RevocationsRead> {
    const { number, epoch, at } = await look();
    const found = await records.find({ number: { $gt: after } }, durability.committed).toArray();
    return { epoch, top: number, atMs: timeOf(at), revocations: found.map(revocationOf) };
  }

  async function prepare(): Promise<void> {
    durability = await durabilityOf(connection);
    await raise(0, ONCE);
  }

  return {
    prepare: () => setUpStore("revocations", prepare),
    readAfter: (after) => boundedCall(readAfter(after)),

    async take(dateMs) {
      const { number, at } = await storeCall(() => raise(1, notBeforeTheLast(dateMs)));
      return { number, atMs: timeOf(at) };
    },

    async write(number, revocations) {
      const updates = revocations.map(({ target, issuedBeforeS, immediateBeforeS, untilMs }) => {
        const update = { $max: { number, issuedBeforeS, immediateBeforeS, until: new Date(untilMs) } };
        return { updateOne: { filter: { _id: target }, update, upsert: true } };
      });
      const options = { ordered: false, writeConcern: durability.durable };
      await storeCall(() => upsert(() => records.bulkWrite(updates, options)));
    },

    async countWith(targets) {
      const known = { _id: { $in: [...targets] } };
      const [all, again] = await storeCall(() =>
        Promise.all([records.estimatedDocumentCount(), records.countDocuments(known)]),
      );
      return all + targets.length - again;
    },

    async page(after, limit) {
      // The targets are texts; nothing else is compared with one.
      const above = { _id: { $gt: after as RevocationRecord["_id"] } };
      const options = { ...durability.committed, sort: { _id: 1 }, limit } as const;
      const found = await storeCall(() => records.find(above, options).toArray());
      return found.map(revocationOf);
    },

    async removeEnded(beforeMs) {
      const ended = { until: { $lt: new Date(beforeMs) }, $expr: { $lt: ["$until", "$$NOW"] } };
      await boundedCall(records.deleteMany(ended));
    },
  };
}

const ONCE = { $ifNull: ["$at", "$$NOW"] };

/**
 * A time of MongoDB, which another primary tells that is a little behind, or one that is behind this worker as well. A last time that is
 * ahead of both was wrong: with it new tokens would be revoked until it comes.
 */
function notBeforeTheLast(dateMs: number): object {
  const latest = { $max: [new Date(dateMs), { $add: ["$$NOW", DIFFER_MS] }] };
  return { $cond: [{ $gt: ["$at", latest] }, "$$NOW", { $max: ["$at", "$$NOW"] }] };
}

function revocationOf({ _id, until, issuedBeforeS, immediateBeforeS }: RevocationRecord): Revocation {
  return { target: _id, issuedBeforeS, immediateBeforeS, untilMs: until.getTime() };
}

function timeOf(at: Date | undefined): number {
  if (at === undefined) throw new Error("the revocations' counter tells no time");
  return at.getTime();
}
