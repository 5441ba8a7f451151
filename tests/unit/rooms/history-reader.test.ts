import { createHistoryReader, type HistoryStore } from "../../../src/engine/rooms/read/history-reader.js";
import type { StoredPage } from "../../../src/engine/rooms/room-store.js";

const PAGE: StoredPage = { entries: [], more: false };
const LIMIT = { messages: 10, bytes: 1000 };
const logOf = (room: string) => ({ room, epoch: "e" });

/** A store whose reads wait for the test. */
function slowStore() {
  const reads: { readonly room: string; finish(): void; fail(): void }[] = [];
  const store: HistoryStore = {
    after: (room) =>
      new Promise((resolve, reject) => {
        reads.push({ room, finish: () => resolve(PAGE), fail: () => reject(new Error("away")) });
      }),
    before: async () => PAGE,
    heads: async (rooms) => new Map(rooms.map((room) => [room, { seq: 0, floor: 0, epoch: "e" }])),
    bySlots: async () => new Set(),
    holds: async () => false,
  };
  return { store, reads, rooms: () => reads.map(({ room }) => room) };
}

const turns = () => new Promise((resolve) => setImmediate(resolve));

describe("reads of history", () => {
  test("no more of them run at once than allowed, the others in their order", async () => {
    const { store, reads, rooms } = slowStore();
    const reader = createHistoryReader(store, { reads: 2, waitingReads: 10 });
    const all = ["a", "b", "c", "d"].map((room) => reader.after(logOf(room), 0, LIMIT));
    expect(rooms()).toEqual(["a", "b"]);

    reads[1]?.finish();
    await turns();
    expect(rooms()).toEqual(["a", "b", "c"]);

    for (let index = 0; index < 4; index += 1) {
      reads[index]?.finish();
      await turns();
    }
    await Promise.all(all);
    expect(rooms()).toEqual(["a", "b", "c", "d"]);
  });

  test("no more of them wait than allowed", async () => {
    const { store, reads } = slowStore();
    const reader = createHistoryReader(store, { reads: 1, waitingReads: 1 });
    const [first, second] = [reader.after(logOf("a"), 0, LIMIT), reader.after(logOf("b"), 0, LIMIT)];

    await expect(reader.after(logOf("c"), 0, LIMIT)).rejects.toMatchObject({ reason: "overloaded" });

    reads[0]?.finish();
    await first;
    reads[1]?.finish();
    await second;
  });

  test("a failed read gives its place to the next", async () => {
    const { store, reads } = slowStore();
    const reader = createHistoryReader(store, { reads: 1, waitingReads: 5 });
    const [first, second] = [reader.after(logOf("a"), 0, LIMIT), reader.after(logOf("b"), 0, LIMIT)];
    const failure = expect(first).rejects.toThrow("away");

    reads[0]?.fail();
    await failure;
    reads[1]?.finish();

    await expect(second).resolves.toBe(PAGE);
  });

  test("those who ask for the same page share one read", async () => {
    const { store, reads } = slowStore();
    const reader = createHistoryReader(store, { reads: 16, waitingReads: 5 });
    const crowd = Array.from({ length: 1000 }, () => reader.after(logOf("a"), 7, LIMIT));
    const other = reader.after(logOf("a"), 8, LIMIT);

    for (const { finish } of reads) finish();
    await Promise.all([...crowd, other]);

    expect(reads).toHaveLength(2);
  });

  test("those who follow different logs share none, and only the room's log has a page", async () => {
    const { store, reads } = slowStore();
    const reader = createHistoryReader(store, { reads: 16, waitingReads: 5 });
    const [now, before] = ["e", "older"].map((epoch) => reader.after({ room: "a", epoch }, 7, LIMIT));

    for (const { finish } of reads) finish();

    expect(reads).toHaveLength(2);
    expect(await now).toBe(PAGE);
    expect(await before).toBeUndefined();
    expect(await reader.before({ room: "a", epoch: "e" }, 7, LIMIT)).toBe(PAGE);
    expect(await reader.before({ room: "a", epoch: "older" }, 7, LIMIT)).toBeUndefined();
  });

  test("a page that could not be read is read again for the next one who asks", async () => {
    const { store, reads } = slowStore();
    const reader = createHistoryReader(store, { reads: 16, waitingReads: 5 });
    const failure = expect(reader.after(logOf("a"), 7, LIMIT)).rejects.toThrow("away");
    reads[0]?.fail();
    await failure;

    const again = reader.after(logOf("a"), 7, LIMIT);
    reads[1]?.finish();

    await expect(again).resolves.toBe(PAGE);
  });
});
