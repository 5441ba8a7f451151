import mongoose, { type Connection } from "mongoose";
import type { Numbers } from "../../src/engine/rooms/room-store.js";
import type { RoomRecord } from "../../src/engine/stores/models/room.js";
import { createRoomStore, type MongoRoomStore } from "../../src/engine/stores/room-store.js";
import { setUpModels } from "../../src/engine/stores/store-set-up.js";
import { onFileEnd, onTestEnd } from "../support/cleanup.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.js";

let mongo: MongoServer;
let direct: Connection;
let databases = 0;
let dbName: string;

beforeAll(async () => {
  mongo = await startMongo();
  direct = await mongoose.createConnection(mongo.uri).asPromise();
  onFileEnd(() => direct.close());
});
beforeEach(() => {
  databases += 1;
  dbName = `counters-${databases}`;
});

interface Worker {
  readonly store: MongoRoomStore;
  /** Names of the commands that it has sent. */
  readonly commands: string[];
  readonly connection: Connection;
}

/** A worker's store in the database of this test. */
async function startWorker(proxy?: TcpProxy): Promise<Worker> {
  const uri = proxy === undefined ? mongo.uriFor(dbName) : mongo.uriVia(proxy, dbName);
  const options = { bufferCommands: false, monitorCommands: true };
  const connection = await mongoose.createConnection(uri, options).asPromise();
  onTestEnd(() => connection.close(true));
  const store = createRoomStore(connection);
  await setUpModels(connection);
  await store.prepare();
  const commands: string[] = [];
  connection.getClient().on("commandStarted", ({ commandName }) => void commands.push(commandName));
  return { store, commands, connection };
}

const roomsOf = () => direct.useDb(dbName).collection<RoomRecord>("rooms");
const newRooms = (count: number) => Array.from({ length: count }, (_, index) => `room-${index}`);
const topOf = async (numbers: Promise<Numbers>) => (await numbers).top;
const allocateAll = ({ store }: Worker, rooms: readonly string[], count = 1) =>
  Promise.all(rooms.map((room) => topOf(store.allocate(room, count))));

describe("the rooms' counters", () => {
  test("numbers come with the epoch of the log that they belong to, however they were asked for", async () => {
    const { store } = await startWorker();
    const rooms = newRooms(3);
    const epochOf = async (room: string) => (await roomsOf().findOne({ _id: room }))?.epoch;

    const made = await store.allocate("room-0", 1);
    await Promise.all(rooms.map((room) => store.create(room)));
    await roomsOf().updateOne({ _id: "room-1" }, { $set: { epoch: "restored" } });
    const together = await Promise.all(rooms.map((room) => store.allocate(room, 1)));
    const alone = await store.allocate("room-1", 1);

    expect(made.epoch).toBe(await epochOf("room-0"));
    expect(together.map(({ epoch }) => epoch)).toEqual(await Promise.all(rooms.map(epochOf)));
    expect(together.map(({ top }) => top)).toEqual([2, 1, 1]);
    expect(alone).toMatchObject({ top: 2, epoch: "restored" });
  });

  test("rooms that ask together share one update and one look at it, and one room alone needs neither", async () => {
    const worker = await startWorker();
    const rooms = newRooms(50);
    await Promise.all(rooms.map((room) => worker.store.create(room)));
    worker.commands.length = 0;

    const tops = await Promise.all(
      rooms.map((room, index) => topOf(worker.store.allocate(room, (index % 3) + 1))),
    );
    expect(tops).toEqual(rooms.map((_, index) => (index % 3) + 1));
    expect(worker.commands).toEqual(["update", "find"]);
    await worker.store.allocate("room-0", 1);

    expect(worker.commands).toEqual(["update", "find", "findAndModify"]);
  });

  test("records that are asked for together are read together, and everyone gets what was asked for", async () => {
    const worker = await startWorker();
    const rooms = newRooms(3);
    await allocateAll(worker, rooms);
    worker.commands.length = 0;

    const lists = [["room-0", "room-1"], ["room-1"], ["none"], []];
    const heads = await Promise.all(lists.map((names) => worker.store.heads(names)));

    expect(heads.map((found) => [...found.keys()])).toEqual([["room-0", "room-1"], ["room-1"], [], []]);
    // The update waits for the journal of the single server.
    expect(worker.commands).toEqual(["find", "update"]);
  });

  test("many workers get every number of the same new rooms once, and together all of them", async () => {
    const workers = await Promise.all(Array.from({ length: 6 }, () => startWorker()));
    const rooms = newRooms(12);
    const [rounds, count] = [20, 3];
    const tops = new Map(rooms.map((room) => [room, [] as number[]]));

    const writer = async ({ store }: Worker, room: string) => {
      for (let round = 0; round < rounds; round += 1)
        tops.get(room)?.push(await topOf(store.allocate(room, count)));
    };
    await Promise.all(workers.flatMap((worker) => rooms.map((room) => writer(worker, room))));

    const all = Array.from({ length: workers.length * rounds }, (_, index) => count * (index + 1));
    for (const room of rooms) expect(tops.get(room)?.toSorted((a, b) => a - b)).toEqual(all);
    for (const { commands } of workers) expect(commands).toContain("update");
  });

  test("a room made by a group is as good as any, and rooms made at once have one epoch", async () => {
    const [ann, bob] = await Promise.all([startWorker(), startWorker()]);
    const rooms = newRooms(8);

    await Promise.all([allocateAll(ann, rooms), allocateAll(bob, rooms)]);
    const made = await ann.store.heads(rooms);
    await allocateAll(bob, rooms);

    for (const room of rooms) {
      const epoch = made.get(room)?.epoch;
      expect(epoch).toMatch(/^[0-9a-f]{16}$/);
      expect((await bob.store.heads([room])).get(room)).toEqual({ seq: 3, floor: 0, epoch });
    }
  });

  test("a grant that is gone before it is read, or an earlier one in its place, costs numbers and never gives them twice", async () => {
    const proxy = await startTcpProxy({ target: mongo.target });
    const worker = await startWorker(proxy);
    const rooms = ["gone", "earlier", "kept"];
    await Promise.all(rooms.map((room) => worker.store.create(room)));
    await allocateAll(worker, rooms);
    const before = await roomsOf().findOne({ _id: "earlier" });
    worker.commands.length = 0;
    const updated = new Promise<void>((resolve) => {
      worker.connection.getClient().on("commandSucceeded", ({ commandName }) => {
        if (commandName !== "update") return;
        proxy.set("blackhole"); // the look at the grants gets no further
        resolve();
      });
    });

    const tops = allocateAll(worker, rooms, 2);
    await updated;
    await roomsOf().updateOne({ _id: "gone" }, { $set: { grants: [] } });
    await roomsOf().updateOne({ _id: "earlier" }, { $set: { grants: before?.grants ?? [] } });
    proxy.set("pass");

    await expect(tops).resolves.toEqual([5, 5, 3]);
    expect(before?.grants).toHaveLength(1);
    expect(worker.commands).toEqual(["update", "find", "findAndModify", "findAndModify"]);
  });

  test("a counter that cannot be raised fails its own room and none of those that ask with it", async () => {
    const worker = await startWorker();
    const rooms = newRooms(6);
    await Promise.all(rooms.map((room) => worker.store.create(room)));
    await roomsOf().updateOne({ _id: "room-2" }, { $set: { seq: "no number" as never } });

    const failing = worker.store.allocate("room-2", 1);
    const others = allocateAll(
      worker,
      rooms.filter((room) => room !== "room-2"),
    );

    await expect(failing).rejects.toThrow("numeric");
    await expect(others).resolves.toEqual([1, 1, 1, 1, 1]);
    expect(worker.commands.filter((name) => name === "update")).toHaveLength(7); // six rooms made, one group
  });

  test("a record keeps one grant of each worker, and those of the last sixteen", async () => {
    const rooms = newRooms(2);
    const workers = await Promise.all(Array.from({ length: 18 }, () => startWorker()));
    for (const worker of workers) {
      await allocateAll(worker, rooms);
      await allocateAll(worker, rooms);
    }

    const grants = (await roomsOf().findOne({ _id: "room-1" }))?.grants ?? [];

    expect(grants.map(({ seq }) => seq)).toEqual(Array.from({ length: 16 }, (_, index) => 36 - 2 * index));
    expect(new Set(grants.map(({ by }) => by)).size).toBe(16);
  });
});
