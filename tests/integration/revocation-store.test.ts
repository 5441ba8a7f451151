import mongoose from "mongoose";
import type { RevocationTarget } from "../../src/contract/revocations.js";
import {
  createRevocationStore,
  type MongoRevocationStore,
} from "../../src/engine/stores/revocation-store.js";
import { setUpModels } from "../../src/engine/stores/store-set-up.js";
import type { Revocation } from "../../src/engine/trust/revocation/revocation-store.js";
import { onTestEnd } from "../support/cleanup.js";
import { startFakeReplicaSet } from "../support/fake-replica-set.js";
import { type MongoServer, startMongo } from "../support/mongo.js";

let server: MongoServer;

beforeAll(async () => {
  server = await startMongo();
});

async function openStore(uri: string) {
  const connection = await mongoose
    .createConnection(uri, { bufferCommands: false, serverSelectionTimeoutMS: 2000, monitorCommands: true })
    .asPromise();
  onTestEnd(() => connection.close(true));
  const store = createRevocationStore(connection);
  await setUpModels(connection);
  await store.prepare();
  return { store, connection };
}

const LATER_MS = Date.now() + 3_600_000;
const of = (target: RevocationTarget, issuedBeforeS: number, untilMs = LATER_MS): Revocation => ({
  ...{ target, issuedBeforeS, untilMs },
  immediateBeforeS: issuedBeforeS,
});

async function write(store: MongoRevocationStore, ...revocations: Revocation[]): Promise<number> {
  const { number } = await store.take(Date.now());
  await store.write(number, revocations);
  return number;
}

test("what was written is read after the numbers before it, and not after its own", async () => {
  const { store } = await openStore(server.uriFor());
  const first = await write(store, of("user:ann", 100));
  const second = await write(store, of("user:bob", 200), of("token:t1", 200));

  const all = await store.readAfter(0);
  const newer = await store.readAfter(first);

  expect(all.top).toBe(second);
  expect(all.revocations).toHaveLength(3);
  expect(newer.epoch).toBe(all.epoch);
  expect(newer.revocations).toEqual(expect.arrayContaining([of("user:bob", 200), of("token:t1", 200)]));
  expect(newer.revocations).toHaveLength(2);
  expect((await store.readAfter(second)).revocations).toEqual([]);
});

test("a user has one record, which an older revocation under a higher number does not weaken", async () => {
  const { store } = await openStore(server.uriFor());
  await write(store, of("user:ann", 200));
  const number = await write(store, {
    target: "user:ann",
    issuedBeforeS: 100,
    immediateBeforeS: 0,
    untilMs: LATER_MS - 1000,
  });

  const { revocations } = await store.readAfter(number - 1);

  expect(revocations).toEqual([of("user:ann", 200)]);
  await expect(store.countWith(["user:ann", "user:bob"])).resolves.toBe(2);
});

test("hundreds at once, of the same and of other targets by several processes, each have a number of their own and are all there", async () => {
  const uri = server.uriFor();
  const [one, other] = [(await openStore(uri)).store, (await openStore(uri)).store];
  const numbers = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      write(index % 2 === 0 ? one : other, of(`user:u${index}`, 1), of("user:same", index + 1)),
    ),
  );

  const { revocations, top } = await one.readAfter(0);

  expect(new Set(numbers).size).toBe(200);
  expect(top).toBe(Math.max(...numbers));
  expect(revocations).toHaveLength(201);
  expect(revocations).toContainEqual(of("user:same", 200));
});

test("times are those of MongoDB, which hands them out with the numbers", async () => {
  const { store, connection } = await openStore(server.uriFor());
  const updates: unknown[] = [];
  connection.getClient().on("commandStarted", ({ commandName, command }) => {
    if (commandName === "findAndModify") updates.push(command.update);
  });

  const { atMs } = await store.take(0);
  const read = await store.readAfter(0);

  expect(JSON.stringify(updates)).toContain("$$NOW");
  expect(read.atMs).toBeGreaterThanOrEqual(atMs);
});

const HOUR_MS = 3_600_000;

test.each([
  ["is kept where MongoDB's clock went back a little, as with another primary", 20_000, 0, 20_000],
  ["is kept where the worker's clock says that MongoDB's is behind", HOUR_MS, HOUR_MS + 10_000, HOUR_MS],
  ["is void where MongoDB's clock was ahead by the worker's, too", HOUR_MS, 0, 0],
  ["is void where MongoDB's clock was ahead and the worker's is behind", HOUR_MS, -24 * HOUR_MS, 0],
])("a last number of a later time %s", async (_what, lastMs, workerMs, expectedMs) => {
  const { store, connection } = await openStore(server.uriFor());
  const nowMs = (await store.readAfter(0)).atMs;
  const at = new Date(nowMs + lastMs);
  await connection.collection("revocationHeads").updateOne({}, { $set: { at } });

  const { atMs } = await store.take(nowMs + workerMs);

  if (expectedMs > 0) expect(atMs).toBe(nowMs + expectedMs);
  else expect(atMs).toBeLessThanOrEqual((await store.readAfter(0)).atMs);
});

test("a page has the targets in order, from the one that was asked for", async () => {
  const { store } = await openStore(server.uriFor());
  await write(store, of("user:b", 1), of("token:t", 1), of("user:a", 1), of("user:c", 1));

  const targets = async (after: string) => (await store.page(after, 2)).map(({ target }) => target);

  await expect(targets("")).resolves.toEqual(["token:t", "user:a"]);
  await expect(targets("user:a")).resolves.toEqual(["user:b", "user:c"]);
  await expect(targets("user:c")).resolves.toEqual([]);
});

test("what is over by MongoDB's clock and by who asks is removed, and what is so only by one of them stays", async () => {
  const { store } = await openStore(server.uriFor());
  const nowMs = Date.now();
  const [over, lately] = [of("user:ann", 1, nowMs - 60_000), of("user:eve", 1, nowMs - 20_000)];
  await write(store, over, lately, of("user:bob", 1));

  await store.removeEnded(nowMs - 40_000);
  const { revocations } = await store.readAfter(0);
  await store.removeEnded(LATER_MS + 60_000);

  expect(revocations).toEqual(expect.arrayContaining([lately, of("user:bob", 1)]));
  expect(revocations).toHaveLength(2);
  expect((await store.readAfter(0)).revocations).toEqual([of("user:bob", 1)]);
});

test("a database that was dropped has another epoch", async () => {
  const { store, connection } = await openStore(server.uriFor());
  await write(store, of("user:ann", 1));
  const { epoch } = await store.readAfter(0);
  await connection.dropDatabase();

  const read = await store.readAfter(0);

  expect(read).toMatchObject({ top: 0, revocations: [] });
  expect(read.epoch).not.toBe(epoch);
});

test("what was acknowledged is there after kill -9 of MongoDB, and no number comes again", async () => {
  const mongo = await startMongo();
  const uri = mongo.uriFor("killed");
  const { store } = await openStore(uri);
  const numbers = await Promise.all(
    Array.from({ length: 50 }, (_, index) => write(store, of(`user:u${index}`, 1))),
  );
  await mongo.kill();
  await expect(store.take(Date.now())).rejects.toMatchObject({ code: "temporary" });
  await mongo.restart();

  const again = (await openStore(uri)).store;

  expect((await again.readAfter(0)).revocations).toHaveLength(50);
  expect((await again.take(Date.now())).number).toBeGreaterThan(Math.max(...numbers));
});

test("a single server is asked for its journal, and not for a majority", async () => {
  const { store, connection } = await openStore(server.uriFor());
  const concerns: unknown[] = [];
  connection.getClient().on("commandStarted", ({ commandName, command }) => {
    if (["findAndModify", "update"].includes(commandName)) concerns.push(command.writeConcern);
  });

  await write(store, of("user:ann", 1));

  expect(concerns).toEqual([
    { w: 1, j: true },
    { w: 1, j: true },
  ]);
});

test("a replica set is asked for a majority, and for who is its primary, before what a majority has", async () => {
  const set = await startFakeReplicaSet();
  const connection = await mongoose.createConnection(set.uri()).asPromise();
  onTestEnd(() => connection.close(true));
  const store = createRevocationStore(connection);
  // The stand-in gives no records back.
  await store.prepare().catch(() => {});
  const from = set.primary.length;

  await store.write(1, [of("user:ann", 1)]);
  await store.readAfter(0).catch(() => {});

  const told = set.primary.slice(from);
  const [update, head] = [told.find((one) => "update" in one), told.find((one) => "find" in one)];
  expect(update).toMatchObject({ update: "revocations", writeConcern: { w: "majority", j: true } });
  expect(head).toMatchObject({ find: "revocationHeads", readConcern: { level: "linearizable" } });
  expect(set.secondary.filter(({ find }) => find !== undefined)).toEqual([]);
});
