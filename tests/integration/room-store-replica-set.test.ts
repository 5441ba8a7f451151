import { createLogger } from "../../src/engine/process/logger.js";
import { createMongo } from "../../src/engine/stores/mongo.js";
import { createRoomStore, type MongoRoomStore } from "../../src/engine/stores/room-store.js";
import { onEnd } from "../support/cleanup.js";
import {
  type Command,
  type FakeReplicaSet,
  startFakeReplicaSet,
  startFakeRouter,
} from "../support/fake-replica-set.js";
import { ALL_MEASURES } from "../support/internals.js";

// What a real replica set makes of these commands is MongoDB's; that each call asks for it, and asks the primary, is ours.

const PAGE = { messages: 10, bytes: 1000 };
const MESSAGE = { room: "r", seq: 1, id: "m1", from: "ann", at: 0, body: "x" };
const COMMITTED = { readConcern: { level: "majority" } };
const DURABLE = { writeConcern: { w: "majority", j: true, wtimeout: 5000 } };

let set: FakeReplicaSet;
let store: MongoRoomStore;

async function storeAt(uri: string): Promise<MongoRoomStore> {
  const mongo = createMongo(uri, ALL_MEASURES, createLogger("silent"));
  onEnd(() => mongo.stop());
  await mongo.start();
  const opened = createRoomStore(mongo.connection);
  await opened.prepare();
  return opened;
}

beforeAll(async () => {
  set = await startFakeReplicaSet();
  // Whatever a MONGODB_URI prefers for reads.
  store = await storeAt(set.uri("&readPreference=secondary&readConcernLevel=available"));
});

/** What the primary was told by the call, and nobody else anything. */
async function toldBy(call: () => Promise<unknown>): Promise<readonly Command[]> {
  const [before, aside] = [set.primary.length, set.secondary.length];
  await call();
  expect(set.secondary.slice(aside)).toEqual([]);
  return set.primary.slice(before);
}

const READS: [string, () => Promise<unknown>, object][] = [
  ["byIds", () => store.byIds(["k"]), COMMITTED],
  ["bySlots", () => store.bySlots("r", [1]), COMMITTED],
  ["after", () => store.after("r", 0, PAGE), COMMITTED],
  ["before", () => store.before("r", 9, PAGE), COMMITTED],
  ["heads", () => store.heads(["r"]), COMMITTED],
  ["names", () => store.names("", 10), COMMITTED],
  ["holds", () => store.holds("r", 1), { readConcern: { level: "linearizable" }, maxTimeMS: 5000 }],
];
const WRITES: [string, () => Promise<unknown>][] = [
  ["insert", () => store.insert([MESSAGE], { ordered: true })],
  ["create", () => store.create("r")],
  ["raise", () => store.raise("r", 1)],
  ["raiseFloor", () => store.raiseFloor("r", 1)],
  ["withdraw", () => store.withdraw([MESSAGE])],
];

describe("on a replica set", () => {
  test.each(READS)("%s asks the primary for what no fail-over takes back", async (_name, read, wanted) => {
    expect(await toldBy(read)).toEqual([expect.objectContaining(wanted)]);
  });

  test.each(WRITES)("%s is done when a majority has it in its journal", async (_name, write) => {
    expect(await toldBy(write)).toEqual([expect.objectContaining(DURABLE)]);
  });
});

test("a router of replica sets is asked for the same as one of them", async () => {
  const router = await startFakeRouter();
  const routed = await storeAt(router.uri);
  const before = router.told.length;

  await routed.insert([MESSAGE], { ordered: true });
  await routed.byIds(["k"]);
  await routed.holds("r", 1);

  expect(router.told.slice(before)).toEqual([
    expect.objectContaining(DURABLE),
    expect.objectContaining(COMMITTED),
    expect.objectContaining({ readConcern: { level: "linearizable" } }),
  ]);
});
