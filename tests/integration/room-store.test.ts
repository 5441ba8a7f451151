import mongoose, { type Connection } from "mongoose";
import type { RoomEntry, RoomMessage } from "../../src/contract/types.js";
import { createRoomStore, type MongoRoomStore } from "../../src/engine/stores/room-store.js";
import { setUpModels } from "../../src/engine/stores/store-set-up.js";
import { onFileEnd, onTestEnd } from "../support/cleanup.js";
import { type MongoServer, startMongo } from "../support/mongo.js";

let mongo: MongoServer;
let connection: Connection;
let store: MongoRoomStore;
let rooms = 0;

beforeAll(async () => {
  mongo = await startMongo();
  connection = await mongoose.createConnection(mongo.uriFor(), { bufferCommands: false }).asPromise();
  onFileEnd(() => connection.close());
  store = createRoomStore(connection);
  await setUpModels(connection);
  await store.prepare();
});

/** A store in a database of its own, for a test that does something to all of it. */
async function otherDatabase() {
  const database = await mongoose.createConnection(mongo.uriFor(), { bufferCommands: false }).asPromise();
  onTestEnd(() => database.close());
  const other = createRoomStore(database);
  await setUpModels(database);
  await other.prepare();
  return { database, other };
}

/** A name that no other test uses. */
function newRoom(): string {
  rooms += 1;
  return `room-${rooms}`;
}

function message(room: string, seq: number, more: Partial<RoomMessage> = {}): RoomMessage {
  return { room, seq, id: `m${seq}`, from: "ann", at: 1_700_000_000_000 + seq, body: `body ${seq}`, ...more };
}

const ALL = { messages: 100, bytes: 1_000_000 };

describe("room store", () => {
  test("hands out every number once, to however many callers at a time", async () => {
    const room = newRoom();

    const tops = await Promise.all(Array.from({ length: 100 }, () => store.allocate(room, 3)));

    expect(tops.map(({ top }) => top).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, index) => 3 * (index + 1)),
    );
  });

  test("a number holds one entry, and whoever comes second is told of the conflict", async () => {
    const room = newRoom();
    await store.insert([message(room, 1)], { ordered: true });

    const second = await store.insert([message(room, 1, { id: "other" })], { ordered: true });

    expect(second).toBe("conflict");
    expect((await store.after(room, 0, ALL)).entries).toEqual([message(room, 1)]);
  });

  test("a message is stored once, also under another number", async () => {
    const room = newRoom();
    await store.insert([message(room, 1, { id: "same" })], { ordered: true });

    expect(await store.insert([message(room, 2, { id: "same" })], { ordered: true })).toBe("conflict");
    expect((await store.after(room, 0, ALL)).entries).toHaveLength(1);
  });

  test("an ordered insert stops at the first conflict, an unordered one stores the rest", async () => {
    const [first, second] = [newRoom(), newRoom()];
    const batch = (room: string) => [message(room, 1), message(room, 2), message(room, 3)];
    await store.insert([message(first, 2, { id: "x" })], { ordered: true });
    await store.insert([message(second, 2, { id: "x" })], { ordered: true });

    await store.insert(batch(first), { ordered: true });
    await store.insert(batch(second), { ordered: false });

    expect(await store.bySlots(first, [1, 2, 3])).toEqual(new Set([1, 2]));
    expect(await store.bySlots(second, [1, 2, 3])).toEqual(new Set([1, 2, 3]));
  });

  test("messages above a number are counted, without tombstones, and no further than asked for", async () => {
    const [room, other] = [newRoom(), newRoom()];
    const messages = [1, 2, 4, 5].map((seq) => message(room, seq));
    await store.insert([...messages, message(other, 9)], { ordered: true });
    await store.insert([{ room, seq: 3, at: 0, void: true }], { ordered: false });

    const counts = [0, 2, 3, 5].map((seq) => store.count(room, seq, 100));
    expect(await Promise.all(counts)).toEqual([4, 2, 2, 0]);
    expect(await store.count(room, 0, 3)).toBe(3);
  });

  test("a number that was declared unused stays so for who comes late, also when the data was dropped meanwhile", async () => {
    const { database, other } = await otherDatabase();
    const room = newRoom();
    await other.insert([message(room, 1)], { ordered: true });
    await database.dropDatabase();
    const { top } = await other.allocate(room, 1);
    const tombstone = { room, seq: top, at: 0, void: true } as const;

    await other.insert([tombstone], { ordered: false });

    expect(await other.insert([message(room, top)], { ordered: true })).toBe("conflict");
    expect((await other.after(room, 0, ALL)).entries).toEqual([tombstone]);
  });

  test.each<[string, RoomMessage["body"]]>([
    ["operators and dots in keys", { $set: 1, "a.b": { $ref: "x", $id: "y" } }],
    ["what BSON takes for its own types", { _bsontype: "ObjectId", id: "zzz" }],
    ["a NUL in a key", { "a\0b": "c\0d" }],
    ["numbers of every kind", [1, -0.5, 1e308, 12_345_678_901_234, 0.1]],
    ["an empty text", ""],
    ["a lone surrogate", "\ud800"],
  ])("gives back a body with %s as it was", async (_what, body) => {
    const room = newRoom();
    await store.insert([message(room, 1, { body })], { ordered: true });

    const [entry] = (await store.after(room, 0, ALL)).entries;

    expect(entry).toEqual(message(room, 1, { body }));
  });

  test("finds messages by their keys and leaves out what is not there", async () => {
    const room = newRoom();
    await store.insert([message(room, 1), message(room, 2)], { ordered: true });

    const found = await store.byIds([`${room}/ann/m2`, `${room}/ann/m9`]);

    expect([...found]).toEqual([[`${room}/ann/m2`, message(room, 2)]]);
  });

  test("keeps a tombstone apart from messages", async () => {
    const room = newRoom();
    const tombstone: RoomEntry = { room, seq: 1, at: 5, void: true };
    await store.insert([tombstone], { ordered: false });

    expect((await store.after(room, 0, ALL)).entries).toEqual([tombstone]);
    expect(await store.insert([message(room, 1)], { ordered: true })).toBe("conflict");
  });

  test("reads pages forwards and backwards, ascending, and tells whether there is more", async () => {
    const room = newRoom();
    await store.insert(
      [1, 2, 3, 4].map((seq) => message(room, seq)),
      { ordered: true },
    );
    const two = { messages: 2, bytes: 1_000_000 };
    const seqs = (page: { entries: readonly RoomEntry[]; more: boolean }) => [
      page.entries.map(({ seq }) => seq),
      page.more,
    ];

    expect(seqs(await store.after(room, 1, two))).toEqual([[2, 3], true]);
    expect(seqs(await store.after(room, 2, two))).toEqual([[3, 4], false]);
    expect(seqs(await store.before(room, 4, two))).toEqual([[2, 3], true]);
    expect(seqs(await store.before(room, Number.POSITIVE_INFINITY, two))).toEqual([[3, 4], true]);
  });

  test("ends a page at its size, but never before its first entry", async () => {
    const room = newRoom();
    const body = "x".repeat(10_000);
    await store.insert(
      [1, 2, 3].map((seq) => message(room, seq, { body })),
      { ordered: true },
    );

    expect((await store.after(room, 0, { messages: 100, bytes: 25_000 })).entries).toHaveLength(2);
    expect((await store.after(room, 0, { messages: 100, bytes: 1 })).entries).toHaveLength(1);
  });

  test("tells whether a number holds an entry", async () => {
    const room = newRoom();
    await store.insert([{ room, seq: 2, at: 0, void: true }], { ordered: true });

    expect(await store.holds(room, 2)).toBe(true);
    expect(await store.holds(room, 1)).toBe(false);
    expect(await store.holds(room, 3)).toBe(false);
  });

  test("a room has one epoch, whoever makes it first and however often", async () => {
    const room = newRoom();

    await Promise.all([store.create(room), store.allocate(room, 1), store.create(room)]);
    const before = (await store.heads([room])).get(room);
    await store.create(room);

    expect((await store.heads([room])).get(room)).toEqual(before);
    expect(before).toEqual({ seq: 1, floor: 0, epoch: expect.stringMatching(/^[0-9a-f]{16}$/) });
  });

  test("raises a counter that lags behind the messages, and never lowers it", async () => {
    const room = newRoom();
    await store.create(room);

    await store.raise(room, 7);
    expect(await store.allocate(room, 1)).toMatchObject({ top: 8 });
    await store.raise(room, 7);
    expect(await store.allocate(room, 1)).toMatchObject({ top: 9 });
  });

  test("a floor only rises, and trimming removes what is at or below it", async () => {
    const room = newRoom();
    await store.create(room);
    await store.insert(
      [1, 2, 3].map((seq) => message(room, seq)),
      { ordered: true },
    );

    await store.raiseFloor(room, 2);
    await store.raiseFloor(room, 1);
    await store.deleteUpTo(room, 2);

    expect((await store.heads([room])).get(room)?.floor).toBe(2);
    expect((await store.after(room, 0, ALL)).entries).toEqual([message(room, 3)]);
  });

  test("tells by one clock when numbers were handed out, whatever the workers' clocks say", async () => {
    const room = newRoom();
    const first = await store.allocate(room, 1);
    const [, second] = await Promise.all([store.allocate(newRoom(), 1), store.allocate(room, 1)]);
    const date = await store.date();

    expect(first.at).toBeGreaterThan(0);
    expect(second.at).toBeGreaterThanOrEqual(first.at);
    expect(date).toBeGreaterThanOrEqual(second.at);
    // A clock that was set back gives no earlier time than it has given.
    const future = new Date(date + 3_600_000);
    await connection.collection<{ _id: string }>("rooms").updateOne({ _id: room }, { $set: { at: future } });
    expect((await store.allocate(room, 1)).at).toBe(future.getTime());
  });

  test("takes back a message at its number, and not one that is stored under its key elsewhere", async () => {
    const room = newRoom();
    await store.insert([message(room, 1), message(room, 2)], { ordered: true });

    await store.withdraw([message(room, 1), message(room, 9, { id: "m2" })]);

    expect((await store.after(room, 0, ALL)).entries).toEqual([message(room, 2)]);
  });

  test("walks over all rooms by name", async () => {
    await Promise.all(["walk-a", "walk-b", "walk-c"].map((name) => store.create(name)));

    expect(await store.names("walk-a", 1)).toEqual(["walk-b"]);
    expect(await store.names("walk-b", 10)).toEqual(["walk-c"]);
  });
});
