import { createRoomCursor } from "../../../src/engine/rooms/read/room-cursor.js";
import { message, range } from "./support/bench.js";

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
