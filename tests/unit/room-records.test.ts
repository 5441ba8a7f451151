import type { RoomEntryRecord } from "../../src/engine/stores/models/room-entry.js";
import { readPage } from "../../src/engine/stores/room-records.js";

/** A log of entries of these sizes, numbered from 1, that counts what is taken out of it, and sends so many at once. */
function logOf(sizes: readonly number[], atOnce = Number.POSITIVE_INFINITY) {
  const all = sizes.map((size, index): RoomEntryRecord => {
    const seq = index + 1;
    const body = JSON.stringify("x".repeat(size));
    return { _id: `r/${seq}`, room: "r", seq, at: new Date(0), id: `i${seq}`, from: "ann", body };
  });
  const taken = { entries: 0, queries: 0, ended: 0 };
  async function* query(beyond: number, count: number): AsyncGenerator<RoomEntryRecord> {
    const found = all.filter(({ seq }) => seq > beyond).slice(0, count);
    taken.queries += 1;
    try {
      for (let start = 0; start < found.length; start += atOnce) {
        const batch = found.slice(start, start + atOnce);
        taken.entries += batch.length;
        yield* batch;
      }
    } finally {
      taken.ended += 1;
    }
  }
  return { query, taken };
}

const PAGE = { messages: 200, bytes: 256 * 1024 };
const many = (count: number, size: number): number[] => new Array<number>(count).fill(size);

test.each([
  ["large messages", many(300, 60_000), 4, 32, 1],
  ["small messages", many(300, 100), 200, 201, 3],
  ["small messages before large ones", [...many(32, 100), ...many(300, 60_000)], 36, 96, 2],
  ["few messages", many(3, 100), 3, 3, 1],
])(
  "a page of %s takes few more than it holds out of the database",
  async (_what, sizes, held, most, queries) => {
    const { query, taken } = logOf(sizes);

    const page = await readPage(query, 0, PAGE);

    expect(page.entries.map(({ seq }) => seq)).toEqual(Array.from({ length: held }, (_, index) => index + 1));
    expect(page.more).toBe(held < sizes.length);
    expect(taken.entries).toBeLessThanOrEqual(most);
    expect(taken.queries).toBe(queries);
  },
);

test.each([1, 2, 31, 32, 33, 64, 96, 97, 199, 200])(
  "a page of %i messages says whether there are more",
  async (messages) => {
    for (const there of [messages - 1, messages, messages + 1]) {
      const { entries, more } = await readPage(logOf(many(there, 10)).query, 0, { ...PAGE, messages });

      expect([entries.length, more]).toEqual([Math.min(there, messages), there > messages]);
    }
  },
);

test("a page has its first message however large it is", async () => {
  const { entries, more } = await readPage(logOf([300_000, 10]).query, 0, PAGE);

  expect([entries.length, more]).toEqual([1, true]);
});

test("a page of messages of megabytes takes no more out of the database than that sends at once", async () => {
  const { query, taken } = logOf(many(40, 300_000), 4);

  const { entries, more } = await readPage(query, 0, PAGE);

  expect([entries.length, more]).toEqual([1, true]);
  expect(taken).toEqual({ entries: 4, queries: 1, ended: 1 });
});
