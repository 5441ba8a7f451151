import { randomBytes } from "node:crypto";
import mongoose, { type Collection, type Connection } from "mongoose";
import type { Numbers } from "../rooms/room-store.js";
import { createAllocationQueue } from "./allocation-queue.js";
import type { RoomRecord } from "./models/room.js";
import { boundedCall } from "./store-calls.js";

const DUPLICATE_KEY = 11_000;
/** Grants kept per room, one of each worker: as many other commands may run between a command and the read of its result. */
const GRANTS = 16;
/** A counter need not survive a fail-over, see `RoomStore.allocate`. */
const UNSAFE = { w: 1 } as const;

/** MongoDB's clock: those of the workers may differ, and retention goes by the times of messages. */
const NOT_BEFORE_THE_LAST = { $max: ["$at", "$$NOW"] };

/**
 * `RoomStore.allocate` for all rooms of one worker. One room has its numbers from the update that raises its counter; rooms
 * that ask together share an update and a look at what it did.
 */
export function createRoomCounter(
  connection: Connection,
  rooms: Collection<RoomRecord>,
): (room: string, count: number) => Promise<Numbers> {
  /** Tells this worker's grants from those of others; the command's number tells them from those of a command that came late. */
  const by = randomBytes(6).toString("base64url");
  let commands = 0;

  async function one(room: string, count: number): Promise<Numbers> {
    const { floor, epoch } = newRoom();
    const next = {
      seq: { $add: [{ $ifNull: ["$seq", 0] }, count] },
      floor: { $ifNull: ["$floor", floor] },
      epoch: { $ifNull: ["$epoch", epoch] },
      at: NOT_BEFORE_THE_LAST,
    };
    const record = await upsert(() =>
      rooms.findOneAndUpdate({ _id: room }, [{ $set: next }], {
        upsert: true,
        returnDocument: "after",
        projection: { seq: 1, at: 1, epoch: 1 },
        writeConcern: UNSAFE,
      }),
    );
    if (record?.at === undefined) throw new Error("the counter's upsert returned nothing");
    return { top: record.seq, at: record.at.getTime(), epoch: record.epoch };
  }

  /**
   * An update of many records does not tell what it made of them, so each notes its top and for whom. What a statement
   * could not do, a room without a record, and a grant that a fail-over or other workers took away all look alike: no
   * grant. Its numbers, if there were any, are a hole, which readers close. A grant that is found was made by this command.
   */
  async function many(counts: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, Numbers>> {
    commands += 1;
    const nth = commands;
    const updates = [...roomsByCount(counts)].map(([count, names]) => ({
      q: { _id: { $in: names } },
      u: [{ $set: advance(count, { by, nth }) }],
      multi: true,
    }));
    await connection.db?.command({
      update: rooms.collectionName,
      updates,
      ordered: false,
      writeConcern: UNSAFE,
    });
    const found = await rooms
      .find(
        { _id: { $in: [...counts.keys()] } },
        { projection: { grants: 1, epoch: 1 }, readConcern: { level: "local" } },
      )
      .toArray();
    return new Map(
      found.flatMap(({ _id, grants, epoch }) => {
        const grant = grants?.find((one) => one.by === by && one.nth === nth);
        // One without a time is of an older version of this program.
        return grant?.at === undefined
          ? []
          : [[_id, { top: grant.seq, at: grant.at.getTime(), epoch }] as const];
      }),
    );
  }

  // Bounded here, too: in the queue, others wait for it.
  return createAllocationQueue({
    one: (room, count) => boundedCall(one(room, count)),
    many: (counts) => boundedCall(many(counts)),
  });
}

/** What a room's record starts with, besides its counter. */
export function newRoom(): Omit<RoomRecord, "_id" | "seq"> {
  return { floor: 0, epoch: randomBytes(8).toString("hex") };
}

/** An upsert by `_id` can lose a race against another one; then the document is there. */
export async function upsert<T>(operation: () => Promise<T>): Promise<T> {
  return operation().catch((error: unknown) => {
    if (isDuplicateKey(error)) return operation();
    throw error;
  });
}

function isDuplicateKey(error: unknown): boolean {
  return error instanceof mongoose.mongo.MongoServerError && error.code === DUPLICATE_KEY;
}

/** One statement for all rooms that want as many numbers: far cheaper than one for each. */
function roomsByCount(counts: ReadonlyMap<string, number>): Map<number, string[]> {
  const byCount = new Map<number, string[]>();
  for (const [room, count] of counts) {
    const names = byCount.get(count);
    if (names === undefined) byCount.set(count, [room]);
    else names.push(room);
  }
  return byCount;
}

function advance(count: number, command: { by: string; nth: number }): object {
  const seq = { $add: ["$seq", count] };
  const at = NOT_BEFORE_THE_LAST;
  const ofOthers = {
    $filter: { input: { $ifNull: ["$grants", []] }, cond: { $ne: ["$$this.by", command.by] } },
  };
  return { seq, at, grants: { $slice: [{ $concatArrays: [[{ ...command, seq, at }], ofOthers] }, GRANTS] } };
}
