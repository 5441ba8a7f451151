import { AppError } from "../../../src/contract/errors.js";
import { type Bench, createBench, range, seqsOf, storeMessages } from "./support/bench.js";

describe("what operators are told of rooms", () => {
  let bench: Bench;
  beforeEach(() => {
    bench = createBench();
  });

  test("messages that come in order are no repair", async () => {
    const worker = bench.worker();
    await worker.subscribe({ room: "r", limit: 0 });
    await worker.publish("r", "ann", ["a", "b"]);
    worker.bus.receive("r", await storeMessages(bench, "r", [3, 4]));
    await bench.pass(20_000);

    expect(seqsOf(worker.delivered)).toEqual([1, 2, 3, 4]);
    expect(worker.observed.repairs).toBe(0);
  });

  test("a gap is one repair, however often it takes a look at the log", async () => {
    const worker = bench.worker();
    await worker.subscribe({ room: "r", limit: 0 });
    const entries = await storeMessages(bench, "r", [3]);
    worker.bus.receive("r", entries);
    await bench.pass(20_000);

    expect(seqsOf(worker.delivered)).toEqual([3]); // the numbers before were declared unused
    expect(worker.observed.repairs).toBe(1);
  });

  test("messages that nobody told of are one repair for each sweep that finds some", async () => {
    const worker = bench.worker();
    await worker.subscribe({ room: "r", limit: 0 });
    await storeMessages(bench, "r", range(1, 5));
    await bench.pass(20_000);

    expect(seqsOf(worker.delivered)).toEqual(range(1, 5));
    expect(worker.observed.repairs).toBe(1);
  });

  test("the time of a publish is told when it succeeds, and only then", async () => {
    const worker = bench.worker({
      wrapStore: (store) => ({
        ...store,
        insert: (entries, options) =>
          entries.some((entry) => "id" in entry && entry.id === "bad")
            ? Promise.reject(new AppError("temporary"))
            : store.insert(entries, options),
      }),
    });
    await worker.publish("r", "ann", ["a"]);
    await expect(worker.publish("r", "ann", ["bad"])).rejects.toThrow();

    expect(worker.observed.publishedMs).toEqual([expect.any(Number)]);
    expect(worker.observed.publishedMs[0]).toBeGreaterThanOrEqual(0);
  });
});
