import type { RoomStore } from "../../../src/engine/rooms/room-store.js";
import { type Bench, createBench, message, range, seqsOf, storeMessages } from "./support/bench.js";

describe("live events of a room", () => {
  let bench: Bench;
  beforeEach(() => {
    bench = createBench();
  });

  test("the worker that stored a message delivers it and tells the others", async () => {
    const worker = bench.worker();
    await worker.subscribe({ room: "r", limit: 0 });

    await worker.publish("r", "ann", ["a"], { text: "hi" });

    const at = new Date(worker.clock.date()).toISOString().slice(0, 19);
    expect(worker.delivered).toEqual([
      {
        room: "r",
        epoch: bench.database.head("r")?.epoch,
        after: 0,
        to: 1,
        messages: [{ seq: 1, id: "a", from: "ann", at: expect.stringContaining(at), body: { text: "hi" } }],
      },
    ]);
    expect(worker.bus.published).toMatchObject([{ room: "r", entries: [{ seq: 1, id: "a" }] }]);
  });

  test("what the bus brings out of order and twice is delivered once and in order", async () => {
    const worker = bench.worker();
    await worker.subscribe({ room: "r", limit: 0 });
    const entries = await storeMessages(bench, "r", [1, 2, 3]);

    worker.bus.receive("r", entries.slice(1));
    worker.bus.receive("r", entries.slice(0, 2));
    worker.bus.receive("r", entries);

    expect(seqsOf(worker.delivered)).toEqual([1, 2, 3]);
  });

  test("events of rooms that nobody here follows are dropped", async () => {
    const worker = bench.worker();

    worker.bus.receive("r", [message("r", 1)]);

    expect(worker.rooms.openRooms).toBe(0);
    expect(worker.delivered).toEqual([]);
  });

  test("a lost event is read from the store soon after the next one", async () => {
    const worker = bench.worker();
    await worker.subscribe({ room: "r", limit: 0 });
    const entries = await storeMessages(bench, "r", [1, 2, 3]);

    worker.bus.receive("r", entries.slice(2));
    await bench.pass(60);

    expect(seqsOf(worker.delivered)).toEqual([1, 2, 3]);
  });

  test("a number that is never used is declared void after a second, for all workers at once", async () => {
    const [one, two] = [bench.worker(), bench.worker()];
    for (const worker of [one, two]) await worker.subscribe({ room: "r", limit: 0 });
    const entries = await storeMessages(bench, "r", [1, 3]);
    for (const worker of [one, two]) worker.bus.receive("r", entries);

    await bench.pass(900);
    expect(seqsOf(one.delivered)).toEqual([1]);
    await bench.pass(800);

    for (const worker of [one, two]) {
      expect(seqsOf(worker.delivered)).toEqual([1, 3]);
      expect(worker.delivered.at(-1)).toMatchObject({ after: 1, to: 3 });
    }
    expect(bench.database.history.filter((entry) => "void" in entry)).toMatchObject([{ room: "r", seq: 2 }]);
    const announced = [one, two].flatMap(({ bus }) => bus.published.flatMap(({ entries: told }) => told));
    expect(announced).toMatchObject([{ room: "r", seq: 2, void: true }]);
  });

  test("several holes that are known at once are declared void together", async () => {
    const worker = bench.worker();
    await worker.subscribe({ room: "r", limit: 0 });
    worker.bus.receive("r", await storeMessages(bench, "r", [2, 4, 6, 8]));

    await bench.pass(1600);

    expect(seqsOf(worker.delivered)).toEqual([2, 4, 6, 8]);
  });

  test("thousands of numbers that are missing at once, as after a restore, are declared void together", async () => {
    const worker = bench.worker();
    await storeMessages(bench, "r", [1]);
    await worker.subscribe({ room: "r", limit: 0 });

    worker.bus.receive("r", await storeMessages(bench, "r", [5001]));
    await bench.pass(2500);

    expect(seqsOf(worker.delivered)).toEqual([5001]);
  });

  test("a hole whose message comes late is not declared void", async () => {
    const worker = bench.worker();
    await worker.subscribe({ room: "r", limit: 0 });
    worker.bus.receive("r", await storeMessages(bench, "r", [2]));

    await bench.pass(700);
    await storeMessages(bench, "r", [1]);
    await bench.pass(5000);

    expect(seqsOf(worker.delivered)).toEqual([1, 2]);
    expect(bench.database.history.filter((entry) => "void" in entry)).toEqual([]);
  });

  test("a hole of a log that was replaced meanwhile is not filled in the new one", async () => {
    const worker = bench.worker({ limits: { sweepMs: 1e9 } });
    await worker.subscribe({ room: "r", limit: 0 });
    worker.bus.receive("r", await storeMessages(bench, "r", [2]));
    await bench.pass(500);
    bench.database.restore("r", 0);

    await bench.pass(5000);

    expect(bench.database.history.filter((entry) => "void" in entry)).toEqual([]);
  });

  test("a long backlog is delivered in events of bounded length", async () => {
    const worker = bench.worker({ limits: { pageMessages: 100 } });
    await worker.subscribe({ room: "r", limit: 0 });
    const entries = await storeMessages(bench, "r", range(1, 250));

    worker.bus.receive("r", entries.toReversed());
    await bench.pass(60);

    expect(worker.delivered.map(({ after, to }) => [after, to])).toEqual([
      [0, 100],
      [100, 200],
      [200, 250],
    ]);
    expect(seqsOf(worker.delivered)).toEqual(range(1, 250));
  });

  test("an event is bounded by its size, too", async () => {
    const worker = bench.worker({ limits: { pageBytes: 1000 } });
    await worker.subscribe({ room: "r", limit: 0 });

    await worker.publish("r", "ann", ["a", "b", "c"], "x".repeat(400));

    expect(worker.delivered.map(({ to }) => to)).toEqual([1, 2, 3]);
  });

  test("a delivery that throws neither fails the publish nor stops the room", async () => {
    let failures = 0;
    const worker = bench.worker({
      deliver() {
        failures += 1;
        if (failures === 1) throw new Error("a socket broke");
      },
    });
    await worker.subscribe({ room: "r", limit: 0 });

    expect(await worker.publish("r", "ann", ["a"])).toEqual([1]);
    expect(await worker.publish("r", "ann", ["b"])).toEqual([2]);

    expect(worker.delivered.map(({ to }) => to)).toEqual([1, 2]);
    expect(worker.reports).toEqual(["deliver: Error: a socket broke"]);
  });

  test.each([
    ["more messages", { bufferedMessages: 5 }],
    ["larger ones", { bufferedBytes: 1 }],
  ])("%s than may be held back are read again once the gap is closed", async (_, limits) => {
    const worker = bench.worker({ limits });
    await worker.subscribe({ room: "r", limit: 0 });
    const entries = await storeMessages(bench, "r", range(1, 40));

    worker.bus.receive("r", entries.slice(1));
    await bench.pass(60);

    expect(seqsOf(worker.delivered)).toEqual(range(1, 40));
  });

  test("what was dropped is read again even when nothing is held back any more", async () => {
    const worker = bench.worker({ limits: { bufferedMessages: 2 } });
    await worker.subscribe({ room: "r", limit: 0 });
    const entries = await storeMessages(bench, "r", range(1, 4));

    worker.bus.receive("r", [...entries.slice(1), ...entries.slice(0, 1)]);
    expect(seqsOf(worker.delivered)).toEqual([1, 2, 3]);
    await bench.pass(60);

    expect(seqsOf(worker.delivered)).toEqual([1, 2, 3, 4]);
  });

  test("a gap that retention has made is skipped, and nothing is declared void", async () => {
    const worker = bench.worker();
    const { epoch } = await worker.subscribe({ room: "r", limit: 0 });
    await worker.publish("r", "ann", ["a", "b"]);
    const store = bench.store();
    const entries = await storeMessages(bench, "r", range(3, 21));
    await bench.settled(store.raiseFloor("r", 20));
    await bench.settled(store.deleteUpTo("r", 20));

    worker.bus.receive("r", entries.slice(-1));
    await bench.pass(1600);

    expect(worker.delivered.slice(1)).toMatchObject([
      { after: 20, to: 20, messages: [] },
      { after: 20, to: 21, messages: [{ seq: 21 }] },
    ]);
    expect(bench.database.history.filter((entry) => "void" in entry)).toEqual([]);
    const [newest, behind] = [
      { room: "r", limit: 1 },
      { room: "r", after: 2, epoch },
    ];
    expect(await worker.subscribe(newest)).toMatchObject({
      after: 20,
      to: 21,
      live: true,
      messages: [{ seq: 21 }],
    });
    expect(await worker.subscribe(behind)).toMatchObject({ reset: true, floor: 20 });
  });
});

describe("a store that is away while a message is missing", () => {
  test("is asked with growing pauses, and the room goes on when it is back", async () => {
    const bench = createBench();
    let away = false;
    const worker = bench.worker({
      wrapStore: (store): RoomStore => ({
        ...store,
        after: (...request) => (away ? Promise.reject(new Error("away")) : store.after(...request)),
        heads: (...request) => (away ? Promise.reject(new Error("away")) : store.heads(...request)),
      }),
    });
    await worker.subscribe({ room: "r", limit: 0 });
    const entries = await storeMessages(bench, "r", [1, 2]);
    away = true;
    worker.calls.length = 0;

    worker.bus.receive("r", entries.slice(1));
    await bench.pass(30_000);
    expect(worker.calls.filter((call) => call === "after").length).toBeLessThan(50);
    expect(worker.delivered).toEqual([]);

    away = false;
    await bench.pass(1100);
    expect(seqsOf(worker.delivered)).toEqual([1, 2]);
  });
});
