import { HeldBytes } from "../../../src/engine/rooms/read/held-bytes.js";
import {
  createRoomCursor as cursorWithin,
  type RoomCursor,
} from "../../../src/engine/rooms/read/room-cursor.js";
import { message, range } from "./support/bench.js";

const createRoomCursor = (start: number, maxWaiting: number, bytes = new HeldBytes(1e9)) =>
  cursorWithin(start, maxWaiting, bytes);
const entries = (...seqs: readonly number[]) => seqs.map((seq) => message("r", seq));
const seqs = (run: readonly { readonly seq: number }[]) => run.map(({ seq }) => seq);

describe("cursor of a room", () => {
  test("what comes in any order leaves in order", () => {
    const cursor = createRoomCursor(0, 10);

    expect(seqs(cursor.take(entries(2, 3)))).toEqual([]);
    expect(seqs(cursor.take(entries(5, 1)))).toEqual([1, 2, 3]);
    expect(seqs(cursor.take(entries(4)))).toEqual([4, 5]);
  });

  test("what comes again is dropped", () => {
    const cursor = createRoomCursor(2, 10);
    cursor.take(entries(3, 5));

    expect(seqs(cursor.take(entries(1, 2, 3, 5, 4, 4)))).toEqual([4, 5]);
    expect(cursor.waiting).toBe(0);
  });

  test("it holds back no more than it may, and says that it dropped some", () => {
    const cursor = createRoomCursor(0, 2);

    cursor.take(entries(3, 4, 5));

    expect(cursor.waiting).toBe(2);
    expect(cursor.overflowed).toBe(true);
  });

  test("all cursors together hold back no more bytes than they may, besides one message each", () => {
    const large = (seq: number) => ({ ...message("r", seq), body: "x".repeat(1000) });
    const bytes = new HeldBytes(5000);
    const cursors = range(1, 10).map(() => createRoomCursor(0, 100, bytes));

    for (const cursor of cursors) cursor.take(range(2, 20).map(large));

    expect(bytes.bytes).toBeLessThan(5000 + 10 * 1200);
    for (const cursor of cursors) {
      expect(cursor.overflowed).toBe(true);
      expect(cursor.waiting).toBeGreaterThan(0);
    }
  });

  test.each([
    ["leaves in order", (cursor: RoomCursor) => cursor.take(entries(1, 2, 4))],
    ["is passed by a skip", (cursor: RoomCursor) => cursor.skipTo(10)],
    ["is dropped with its room", (cursor: RoomCursor) => cursor.release()],
  ])("what %s takes no place any more", (_, end) => {
    const bytes = new HeldBytes(1e9);
    const cursor = createRoomCursor(0, 10, bytes);
    cursor.take(entries(3, 3, 5, 6));
    expect(bytes.bytes).toBeGreaterThan(0);

    end(cursor);

    expect(cursor.waiting).toBe(0);
    expect(bytes.bytes).toBe(0);
  });

  test("a page gets through however little may be held back", () => {
    const cursor = createRoomCursor(0, 2);
    cursor.take(entries(50, 51));

    expect(seqs(cursor.take(entries(...range(1, 40))))).toEqual(range(1, 40));
  });

  test("missing numbers are those below the given one that are not held back", () => {
    const cursor = createRoomCursor(10, 10);
    cursor.take(entries(12, 15));

    expect(cursor.missing(15, 100)).toEqual([11, 13, 14]);
    expect(cursor.missing(15, 2)).toEqual([11, 13]);
  });

  test("skipping forgets what it passes and releases what follows", () => {
    const cursor = createRoomCursor(0, 10);
    cursor.take(entries(3, 7, 8));

    expect(seqs(cursor.skipTo(6))).toEqual([7, 8]);
    expect(cursor.waiting).toBe(0);
    expect(seqs(cursor.skipTo(2))).toEqual([]);
    expect(cursor.last).toBe(8);
  });
});
