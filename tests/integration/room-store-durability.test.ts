import mongoose from "mongoose";
import type { RoomMessage } from "../../src/contract/types.js";
import { createRoomStore, type MongoRoomStore } from "../../src/engine/stores/room-store.js";
import { setUpModels } from "../../src/engine/stores/store-set-up.js";
import { onTestEnd } from "../support/cleanup.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { eventually } from "../support/wait.js";

const WRITERS = 6;
const KILLS = 4;
/** Acknowledged batches before each kill. */
const BATCHES = 150;

async function openStore(mongo: MongoServer): Promise<MongoRoomStore> {
  const options = { bufferCommands: false, serverSelectionTimeoutMS: 3000, socketTimeoutMS: 3000 };
  const connection = await mongoose.createConnection(mongo.uriFor("durability"), options).asPromise();
  onTestEnd(() => connection.close(true));
  const store = createRoomStore(connection);
  await setUpModels(connection);
  await store.prepare();
  return store;
}

/** Writes with several callers at once until MongoDB is killed, and gives what was acknowledged. */
async function writeUntilKilled(mongo: MongoServer, room: string): Promise<RoomMessage[]> {
  const store = await openStore(mongo);
  const acknowledged: RoomMessage[] = [];
  let batches = 0;
  let next = 1;
  let alive = true;

  async function writer(): Promise<void> {
    while (alive) {
      const seqs = [next, next + 1, next + 2];
      next += seqs.length;
      const batch = seqs.map((seq) => ({
        room,
        seq,
        id: `m${seq}`,
        from: "ann",
        at: 0,
        body: "x".repeat(100),
      }));
      const outcome = await store.insert(batch, { ordered: true }).catch(() => undefined);
      if (outcome === undefined) return;
      acknowledged.push(...batch);
      batches += 1;
    }
  }

  const writers = Array.from({ length: WRITERS }, writer);
  await eventually(() => expect(batches).toBeGreaterThan(BATCHES), { withinMs: 20_000 });
  await mongo.kill();
  alive = false;
  await Promise.all(writers);
  return acknowledged;
}

test("what was acknowledged is there after kill -9 of MongoDB, again and again", async () => {
  const mongo = await startMongo();
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const room = `room-${kill}`;
    const acknowledged = await writeUntilKilled(mongo, room);
    await mongo.restart();

    const store = await openStore(mongo);
    const keys = acknowledged.map(({ from, id }) => `${room}/${from}/${id}`);
    const there = await store.byIds(keys);

    expect(keys.filter((key) => !there.has(key))).toEqual([]);
  }
});

/**
 * The embedded engine acknowledges `w: "majority", j: true` before its journal is written: 661 of 29,435 acknowledged
 * messages were gone after 14 kills, 492 of 45,640 after 12, and none of 86,000 in 25 with `w: 1, j: true`. The test
 * above meets it too rarely to be the only guard.
 */
test("a single server is asked for its journal, and not for a majority", async () => {
  const mongo = await startMongo();
  const connection = await mongoose.createConnection(mongo.uriFor(), { monitorCommands: true }).asPromise();
  onTestEnd(() => connection.close(true));
  const store = createRoomStore(connection);
  await setUpModels(connection);
  await store.prepare();
  const concerns: unknown[] = [];
  connection.getClient().on("commandStarted", ({ commandName, command }) => {
    if (commandName === "insert") concerns.push(command.writeConcern);
  });

  await store.insert([{ room: "r", seq: 1, id: "m1", from: "ann", at: 0, body: 1 }], { ordered: true });

  expect(concerns).toEqual([{ w: 1, j: true }]);
});

const ALL = { messages: 10, bytes: 1_000_000 };

test.each<[string, (store: MongoRoomStore, room: string) => Promise<number>]>([
  ["by their ids", async (store, room) => (await store.byIds([`${room}/ann/m1`])).size],
  ["by their numbers", async (store, room) => (await store.bySlots(room, [1])).size],
  ["as a page", async (store, room) => (await store.after(room, 0, ALL)).entries.length],
  ["as the tail", async (store, room) => (await store.before(room, Infinity, ALL)).entries.length],
  ["by the room's record", async (store, room) => (await store.heads([room])).size],
])(
  "what was read %s is there after kill -9 of MongoDB, though its writer was not told yet",
  async (_, read) => {
    const mongo = await startMongo();
    const store = await openStore(mongo);
    const raw = await mongoose.createConnection(mongo.uriFor("durability")).asPromise();
    onTestEnd(() => raw.close(true));
    const writeConcern = { w: 1, j: false } as const;
    const message = { _id: "r/ann/m1", room: "r", seq: 1, at: new Date(0), id: "m1", from: "ann", body: "1" };
    const record = { _id: "r", seq: 1, floor: 0, epoch: "e" };
    // The engine writes its journal every 100 ms by itself; the first writes set that going.
    await raw.collection("others").insertOne({}, { writeConcern: { w: 1, j: true } });

    await raw.collection<{ _id: string }>("rooms").insertOne(record, { writeConcern });
    await raw.collection<{ _id: string }>("roomEntries").insertOne(message, { writeConcern });
    const found = await read(store, "r");
    await mongo.kill();
    await mongo.restart();

    expect(found).toBe(1);
    expect(await read(await openStore(mongo), "r")).toBe(1);
  },
);
