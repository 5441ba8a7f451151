import type { RoomStore } from "../../../src/engine/rooms/room-store.js";
import { type Bench, createBench, message, range, type TestWorker } from "./support/bench.js";

const never = () => new Promise<never>(() => {});

/** The store with its first insert of messages replaced. */
function firstInsert(
  replace: (store: RoomStore, ...call: Parameters<RoomStore["insert"]>) => Promise<"stored" | "conflict">,
) {
  let inserts = 0;
  return (store: RoomStore): RoomStore => ({
    ...store,
    insert(entries, options) {
      inserts += 1;
      return inserts === 1 ? replace(store, entries, options) : store.insert(entries, options);
    },
  });
}

/** What the log of a room holds, tombstones as "-". */
function shownLog({ database }: Bench, room: string): string[] {
  return database.history
    .filter((entry) => entry.room === room)
    .toSorted((a, b) => a.seq - b.seq)
    .map((entry) => `${entry.seq}:${"void" in entry ? "-" : entry.id}`);
}

function publishing(worker: TestWorker, ids: readonly string[], retry = false): Promise<number[]> {
  return worker.rooms.publish({
    room: "r",
    from: "ann",
    messages: ids.map((id) => ({ id, body: id })),
    retry,
  });
}

describe("log of a room", () => {
  let bench: Bench;
  beforeEach(() => {
    bench = createBench();
  });

  test("messages get ascending numbers from 1 in each room", async () => {
    const worker = bench.worker();

    expect(await worker.publish("r", "ann", ["a", "b"])).toEqual([1, 2]);
    expect(await worker.publish("r", "bob", ["a"])).toEqual([3]);
    expect(await worker.publish("other", "bob", ["a"])).toEqual([1]);
  });

  test("what arrives together is one batch, and what arrives while it is committed is the next", async () => {
    const worker = bench.worker();
    const inserts = () => worker.calls.filter((call) => call === "insert");

    const first = range(1, 20).map((n) => publishing(worker, [`m${n}`]));
    const second = Promise.all(first.slice(0, 1)).then(() =>
      Promise.all(range(21, 40).map((n) => publishing(worker, [`m${n}`]))),
    );

    expect(await bench.settled(Promise.all(first))).toEqual(range(1, 20).map((n) => [n]));
    expect(await bench.settled(second)).toEqual(range(21, 40).map((n) => [n]));
    expect(inserts()).toHaveLength(2);
  });

  test("a batch is bounded by its size", async () => {
    const worker = bench.worker({ limits: { batchBytes: 1000 } });
    const messages = range(1, 4).map((n) => ({ id: `m${n}`, body: "x".repeat(400) }));

    await bench.settled(worker.rooms.publish({ room: "r", from: "ann", messages }));

    expect(worker.calls.filter((call) => call === "insert")).toHaveLength(4);
  });

  test("the same id twice in one publish is one message", async () => {
    const worker = bench.worker();

    expect(await worker.publish("r", "ann", ["a", "b", "a"])).toEqual([1, 2, 1]);
    expect(shownLog(bench, "r")).toEqual(["1:a", "2:b"]);
  });

  test("the same id in two publishes at once is one message, and neither is held up", async () => {
    const worker = bench.worker();

    const both = Promise.all([publishing(worker, ["a", "b"]), publishing(worker, ["b", "c"], true)]);

    expect(await bench.settled(both)).toEqual([
      [1, 2],
      [2, 3],
    ]);
    expect(shownLog(bench, "r")).toEqual(["1:a", "2:b", "3:c"]);
    expect(worker.reports).toEqual([]);
  });

  test("two workers that get the same message store it once", async () => {
    const [one, two] = [bench.worker(), bench.worker()];

    const both = Promise.all([publishing(one, ["a"]), publishing(two, ["a"], true)]);
    const [[first], [second]] = await bench.settled(both);

    expect(first).toBe(second);
    expect(shownLog(bench, "r").filter((entry) => entry.endsWith(":a"))).toHaveLength(1);
  });

  test("the same id of another sender is another message", async () => {
    const worker = bench.worker();

    expect(await worker.publish("r", "ann", ["a"])).toEqual([1]);
    expect(await worker.publish("r", "bob", ["a"])).toEqual([2]);
  });

  test("a message sent again gets its first number and is announced again", async () => {
    const [first, second] = [bench.worker(), bench.worker()];
    await bench.settled(publishing(first, ["a", "b"]));

    expect(await bench.settled(publishing(second, ["b"], true))).toEqual([2]);
    expect(second.bus.published.flatMap(({ entries }) => entries.map(({ seq }) => seq))).toEqual([2]);
    expect(second.calls).not.toContain("insert");
  });

  test("a publish that does not fit is refused as a whole", async () => {
    const worker = bench.worker({ limits: { queuedMessages: 3 } });
    const waiting = [publishing(worker, ["a"]), publishing(worker, ["b", "c"])];

    await expect(publishing(worker, ["d", "e"])).rejects.toMatchObject({ reason: "overloaded" });
    await bench.settled(Promise.all(waiting));

    expect(shownLog(bench, "r")).toEqual(["1:a", "2:b", "3:c"]);
  });

  test("the size of all that waits in a worker is bounded", async () => {
    const worker = bench.worker({ limits: { queuedBytes: 1000 } });
    const body = "x".repeat(2000);
    const waiting = worker.rooms.publish({ room: "r", from: "ann", messages: [{ id: "a", body }] });

    const refused = worker.rooms.publish({ room: "s", from: "ann", messages: [{ id: "a", body }] });
    await expect(refused).rejects.toMatchObject({ reason: "overloaded" });
    await bench.settled(waiting);

    expect(await worker.publish("s", "ann", ["a"])).toEqual([1]);
  });

  test("an answer lost after the write costs no number", async () => {
    const worker = bench.worker({
      wrapStore: firstInsert(async (store, entries, options) => {
        await store.insert(entries, options);
        throw new Error("the connection was reset");
      }),
    });

    expect(await worker.publish("r", "ann", ["a", "b"])).toEqual([1, 2]);
    expect(await worker.publish("r", "ann", ["c"])).toEqual([3]);
    expect(shownLog(bench, "r")).toEqual(["1:a", "2:b", "3:c"]);
  });

  test("when one number is lost, all messages move behind it in their order", async () => {
    const worker = bench.worker({
      wrapStore: firstInsert(async (store, entries, options) => {
        await store.insert([{ room: "r", seq: 2, at: 0, void: true }], options);
        return store.insert(entries.slice(1), options);
      }),
    });

    expect(await worker.publish("r", "ann", ["a", "b", "c"])).toEqual([4, 5, 6]);
    expect(shownLog(bench, "r")).toEqual(["1:-", "2:-", "3:-", "4:a", "5:b", "6:c"]);
  });

  test("a message that is stored already moves those behind it, too", async () => {
    const worker = bench.worker();
    await bench.settled(bench.store().allocate("r", 1));
    await bench.settled(
      bench.store().insert([{ ...message("r", 1), from: "ann", id: "b" }], { ordered: true }),
    );

    expect(await worker.publish("r", "ann", ["a", "b", "c"])).toEqual([2, 1, 5]);
  });

  test("at the deadline the batch is refused with all behind it, and the room goes on", async () => {
    const worker = bench.worker({ wrapStore: firstInsert(never) });
    const first = publishing(worker, ["a"]);
    await bench.pass(100);
    const behind = publishing(worker, ["b"]);

    const outcomes = await bench.settled(Promise.allSettled([first, behind]));

    expect(outcomes.map((outcome) => outcome.status === "rejected" && outcome.reason.reason)).toEqual([
      "timeout",
      "timeout",
    ]);
    expect(bench.time.now).toBeCloseTo(15_000, -2);
    expect(await bench.settled(publishing(worker, ["a", "b"], true))).toEqual([2, 3]);
  });

  test("a committed batch leaves no timer", async () => {
    const worker = bench.worker();
    const before = bench.time.pending;

    await worker.publish("r", "ann", ["a"]);
    await bench.pass(10);

    expect(bench.time.pending).toBe(before);
  });

  test("a store that is away is tried with growing pauses until it is back", async () => {
    const worker = bench.worker();
    bench.database.failOver(8000);

    expect(await worker.publish("r", "ann", ["a"])).toEqual([1]);
    expect(worker.calls.length).toBeLessThan(30);
  });
});

describe("a counter that a fail-over has set back", () => {
  test("gives no lower number than that of a message that is found stored", async () => {
    const bench = createBench();
    const worker = bench.worker();
    await bench.settled(bench.store().allocate("r", 1));
    await bench.settled(
      bench.store().insert([{ ...message("r", 11), from: "ann", id: "a" }], { ordered: true }),
    );

    expect(await bench.settled(publishing(worker, ["a"], true))).toEqual([11]);
    expect(await bench.settled(publishing(worker, ["b"]))).toEqual([12]);
  });

  test("is raised above all that is stored, instead of being tried number by number", async () => {
    const bench = createBench();
    const worker = bench.worker();
    const stored = range(1, 40).map((seq) => message("r", seq));
    await bench.settled(bench.store().create("r"));
    await bench.settled(bench.store().insert(stored, { ordered: true }));

    expect(await worker.publish("r", "ann", ["a"])).toEqual([41]);
    expect(worker.calls.filter((call) => call === "allocate")).toHaveLength(2);
  });

  test("gives no lower number than that of an acknowledged message", async () => {
    const bench = createBench();
    bench.database.faults.commitLagMs = 2;
    await bench.settled(bench.store().create("r"));
    const worker = bench.worker({
      wrapStore: (store) => ({
        ...store,
        // The numbers 1 to 10 go to a worker that dies; then ours gets 11, and the primary fails before a majority knows.
        async allocate(room, count) {
          if (room !== "r") return store.allocate(room, count);
          const numbers = await store.allocate("r", count);
          return { ...numbers, top: numbers.top + (bench.database.failOvers === 0 ? 10 : 0) };
        },
        async insert(entries, options) {
          if (bench.database.failOvers === 0) {
            bench.database.failOver(200);
            throw new Error("the primary stepped down");
          }
          return store.insert(entries, options);
        },
      }),
    });

    expect(await worker.publish("r", "ann", ["a"])).toEqual([11]);
    expect(await worker.publish("r", "ann", ["b"])).toEqual([12]);
  });
});

describe("stopping the log", () => {
  test("what is at work is committed first, and nothing new is taken", async () => {
    const bench = createBench();
    const worker = bench.worker();
    const atWork = publishing(worker, ["a"]);

    const stopped = worker.rooms.stop();

    await expect(publishing(worker, ["b"])).rejects.toMatchObject({ reason: "stopping", code: "temporary" });
    expect(await bench.settled(atWork)).toEqual([1]);
    await bench.settled(stopped);
  });

  test("what cannot be committed in time is refused", async () => {
    const bench = createBench();
    const worker = bench.worker({ wrapStore: firstInsert(never) });
    const atWork = publishing(worker, ["a"]);
    const outcome = expect(atWork).rejects.toMatchObject({ reason: "stopping" });

    await bench.settled(worker.rooms.stop());

    await outcome;
    expect(bench.time.now).toBe(5000);
  });

  test("from its announcement on commits have that time, and what comes meanwhile is taken", async () => {
    const bench = createBench();
    const worker = bench.worker({ wrapStore: firstInsert(never) });
    worker.rooms.endSoon();
    const outcome = expect(publishing(worker, ["a"])).rejects.toMatchObject({ reason: "stopping" });
    await bench.settled(outcome);
    await expect(publishing(worker, ["b"])).rejects.toMatchObject({ reason: "stopping" });
    expect(bench.time.now).toBe(5000);
  });
});
