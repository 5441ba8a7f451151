import type { HistoryPage } from "../../../src/contract/types.js";
import { type Bench, createBench, range, seqsOf, storeMessages } from "./support/bench.js";

describe("scrolling back", () => {
  let bench: Bench;
  beforeEach(() => {
    bench = createBench();
  });

  test("the first page is the newest, and each further one is below the last", async () => {
    const worker = bench.worker();
    await storeMessages(bench, "r", range(1, 25));
    const pages: HistoryPage[] = [];

    for (let before: number | undefined, more = true; more; ) {
      const page = await bench.settled(worker.rooms.scrollBack({ room: "r", before, limit: 10 }));
      if (page === undefined) throw new Error("the room is taken for unused");
      pages.push(page);
      before = page.after + 1;
      more = page.more;
    }

    expect(pages.map(({ after, to, more }) => [after, to, more])).toEqual([
      [15, 25, true],
      [5, 15, true],
      [0, 5, false],
    ]);
    expect(seqsOf(pages).sort((a, b) => a - b)).toEqual(range(1, 25));
  });

  test("it ends at the floor", async () => {
    const worker = bench.worker();
    await storeMessages(bench, "r", range(1, 25));
    await worker.subscribe({ room: "r" });
    await bench.settled(bench.store().raiseFloor("r", 20));
    await bench.settled(bench.store().deleteUpTo("r", 20));

    const page = await bench.settled(worker.rooms.scrollBack({ room: "r", limit: 10 }));

    expect(page).toMatchObject({ after: 20, to: 25, more: false });
    expect(page?.messages.map(({ seq }) => seq)).toEqual(range(21, 25));
    expect(bench.database.history.filter((entry) => "void" in entry)).toEqual([]);
  });

  test("an empty room has an empty page", async () => {
    await bench.settled(bench.store().create("r"));

    const page = await bench.settled(bench.worker().rooms.scrollBack({ room: "r" }));

    expect(page).toMatchObject({ after: 0, to: 0, more: false, messages: [] });
  });

  test("a hole is decided before it is passed", async () => {
    const worker = bench.worker({ limits: { openNumbers: 5 } });
    await storeMessages(bench, "r", [1, 2, 5, ...range(6, 20)]);

    const page = await bench.settled(worker.rooms.scrollBack({ room: "r", limit: 17 }));

    expect(page).toMatchObject({ after: 3, to: 20 });
    expect(bench.database.history.filter((entry) => "void" in entry)).toMatchObject([{ seq: 3 }, { seq: 4 }]);
  });

  test("what live readers have not passed yet is not shown", async () => {
    const worker = bench.worker();
    await storeMessages(bench, "r", [1, 2, 4]);

    const page = await bench.settled(worker.rooms.scrollBack({ room: "r" }));

    expect(page).toMatchObject({ after: 0, to: 2 });
  });

  test("a page is bounded by its size", async () => {
    const worker = bench.worker({ limits: { pageBytes: 1000 } });
    await worker.publish("r", "ann", ["a", "b", "c", "d"], "x".repeat(400));

    const page = await bench.settled(worker.rooms.scrollBack({ room: "r" }));

    expect(page).toMatchObject({ after: 3, to: 4, more: true });
  });
});
