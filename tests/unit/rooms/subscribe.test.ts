import type { RoomStore } from "../../../src/engine/rooms/room-store.js";
import { type Bench, createBench, range, seqsOf, storeMessages } from "./support/bench.js";

describe("subscribing", () => {
  let bench: Bench;
  beforeEach(() => {
    bench = createBench();
  });

  test("without a position one gets the last messages and is live", async () => {
    await storeMessages(bench, "r", range(1, 10));

    const answer = await bench.worker().subscribe({ room: "r", limit: 3 });

    expect(answer).toMatchObject({
      after: 7,
      to: 10,
      live: true,
      messages: [{ seq: 8 }, { seq: 9 }, { seq: 10 }],
    });
  });

  test("a limit of 0 means to start with what comes", async () => {
    await storeMessages(bench, "r", range(1, 10));

    const answer = await bench.worker().subscribe({ room: "r", limit: 0 });

    expect(answer).toMatchObject({ after: 10, to: 10, live: true, messages: [] });
  });

  test("a room that never was has an epoch from the first subscription on", async () => {
    const worker = bench.worker();

    const answer = await worker.subscribe({ room: "r" });
    await worker.publish("r", "ann", ["a"]);

    expect(answer).toMatchObject({ after: 0, to: 0, live: true });
    expect(worker.delivered[0]?.epoch).toBe(answer.epoch);
  });

  test("near the head it costs no read of the store", async () => {
    const worker = bench.worker();
    await storeMessages(bench, "r", range(1, 80));
    const { epoch } = await worker.subscribe({ room: "r" });
    worker.calls.length = 0;

    const answer = await worker.subscribe({ room: "r", after: 20, epoch });

    expect(answer).toMatchObject({ after: 20, to: 80, live: true });
    expect(worker.calls).toEqual([]);
  });

  test("a long history comes in pages that are live only at their end", async () => {
    const worker = bench.worker();
    await storeMessages(bench, "r", range(1, 300));
    const first = await worker.subscribe({ room: "r", after: 0, limit: 120 });
    const second = await worker.subscribe({ room: "r", after: 120, epoch: first.epoch, limit: 120 });

    expect([first, second]).toMatchObject([
      { after: 0, to: 120, live: false },
      { after: 120, to: 300, live: true },
    ]);
    expect(seqsOf([first, second].map((page) => page as never))).toEqual(range(1, 300));
  });

  test("a page is bounded by its size, but has one message at least", async () => {
    const worker = bench.worker({ limits: { pageBytes: 1000, ringMessages: 1 } });
    await worker.publish("r", "ann", ["a", "b", "c", "d"], "x".repeat(400));
    await worker.publish("s", "ann", ["a", "b"], "x".repeat(4000));

    expect(await worker.subscribe({ room: "r", after: 0 })).toMatchObject({ to: 1, live: false });
    expect(await worker.subscribe({ room: "s", after: 0 })).toMatchObject({ to: 2, live: true });
  });

  test("a position of another log is reset", async () => {
    await storeMessages(bench, "r", range(1, 5));

    const answer = await bench.worker().subscribe({ room: "r", after: 3, epoch: "other" });

    expect(answer).toEqual({ reset: true, epoch: bench.database.head("r")?.epoch, floor: 0, to: 5 });
  });

  test("a position of the new log is honoured by a worker that knows only the old one", async () => {
    const worker = bench.worker();
    await storeMessages(bench, "r", range(1, 5));
    await worker.subscribe({ room: "r" });
    bench.database.renew("r");
    await bench.pass(10);
    const epoch = bench.database.head("r")?.epoch;

    const answer = await worker.subscribe({ room: "r", after: 3, epoch });

    expect(answer).toMatchObject({ epoch, after: 3, to: 5, live: true });
  });

  test("a position that retention has passed is reset, even if the worker does not know the floor yet", async () => {
    const worker = bench.worker({ limits: { ringMessages: 2 } });
    await storeMessages(bench, "r", range(1, 20));
    const { epoch } = await worker.subscribe({ room: "r" });
    await bench.settled(bench.store().raiseFloor("r", 10));
    await bench.settled(bench.store().deleteUpTo("r", 10));

    expect(await worker.subscribe({ room: "r", after: 9, epoch })).toMatchObject({
      reset: true,
      floor: 10,
      to: 20,
    });
    expect(await worker.subscribe({ room: "r", after: 10, epoch })).toMatchObject({
      after: 10,
      to: 20,
      live: true,
    });
  });

  test("whoever wants all there is gets what retention has left, and no reset", async () => {
    const worker = bench.worker({ limits: { ringMessages: 2 } });
    await storeMessages(bench, "r", range(1, 20));
    await worker.subscribe({ room: "r" });
    await bench.settled(bench.store().raiseFloor("r", 10));
    await bench.settled(bench.store().deleteUpTo("r", 10));

    const first = await worker.subscribe({ room: "r", after: 0 });
    const second = await worker.subscribe({ room: "r", after: 10, epoch: first.epoch });

    expect(first).toMatchObject({ after: 10 });
    expect(seqsOf([first, second].map((page) => page as never))).toEqual(range(11, 20));
  });

  test("a position beyond what the worker knows is no reset: it catches up", async () => {
    const worker = bench.worker();
    const { epoch } = await worker.subscribe({ room: "r" });
    await storeMessages(bench, "r", range(1, 5));

    const answer = await worker.subscribe({ room: "r", after: 5, epoch });

    expect(answer).toMatchObject({ after: 5, to: 5, live: true, messages: [] });
    expect(seqsOf(worker.delivered)).toEqual(range(1, 5));
  });

  test("a position beyond the end of the log is reset, as what follows would be taken for known", async () => {
    const worker = bench.worker();
    await storeMessages(bench, "r", range(1, 5));
    const epoch = bench.database.head("r")?.epoch;

    expect(await worker.subscribe({ room: "r", after: 9, epoch })).toEqual({
      reset: true,
      epoch,
      floor: 0,
      to: 5,
    });
  });

  test("a wish beyond the end of the log is answered with the true end", async () => {
    const worker = bench.worker();
    await storeMessages(bench, "r", range(1, 5));

    expect(await worker.subscribe({ room: "r", after: 1_000_000 })).toMatchObject({
      after: 5,
      to: 5,
      live: true,
      messages: [],
    });
  });

  test("a worker whose reads are behind does not reset a client that is right", async () => {
    const worker = bench.worker({
      wrapStore: (store): RoomStore => ({ ...store, after: async () => ({ entries: [], more: false }) }),
    });
    const { epoch } = await worker.subscribe({ room: "r" });
    await storeMessages(bench, "r", range(1, 5));

    expect(await worker.subscribe({ room: "r", after: 5, epoch })).toMatchObject({
      after: 5,
      to: 5,
      live: true,
    });
  });

  test("a client at the floor of a log of which nothing is left is not reset", async () => {
    const worker = bench.worker();
    const { epoch } = await worker.subscribe({ room: "r" });
    await storeMessages(bench, "r", range(1, 5));
    await bench.settled(bench.store().raiseFloor("r", 5));
    await bench.settled(bench.store().deleteUpTo("r", 5));

    expect(await worker.subscribe({ room: "r", after: 5, epoch })).toMatchObject({ after: 5, to: 5 });
  });

  test("nobody is told live while the store cannot say whether the position is beyond the end", async () => {
    const worker = bench.worker({
      wrapStore: (store): RoomStore => ({ ...store, holds: () => Promise.reject(new Error("away")) }),
    });
    const { epoch } = await worker.subscribe({ room: "r" });

    await expect(worker.subscribe({ room: "r", after: 9, epoch })).rejects.toMatchObject({
      code: "temporary",
    });
  });

  test("a hole far below the head is decided while its page is read", async () => {
    const worker = bench.worker({ limits: { openNumbers: 10, ringMessages: 5 } });
    await storeMessages(bench, "r", [...range(1, 3), ...range(6, 40)]);

    const first = await worker.subscribe({ room: "r", after: 0 });
    const second = await worker.subscribe({ room: "r", after: 3, epoch: first.epoch });

    expect(first).toMatchObject({ after: 0, to: 3, live: false });
    expect(second).toMatchObject({ after: 3, to: 40, live: true });
    expect(bench.database.history.filter((entry) => "void" in entry)).toMatchObject([{ seq: 4 }, { seq: 5 }]);
  });

  test("nothing is passed that is still on its way when the room is opened", async () => {
    const worker = bench.worker();
    await storeMessages(bench, "r", [1, 2, 4]);

    const answer = await worker.subscribe({ room: "r", limit: 0 });
    await storeMessages(bench, "r", [3]);
    await bench.pass(2000);

    expect(answer).toMatchObject({ to: 2, live: true });
    expect(seqsOf(worker.delivered)).toEqual([3, 4]);
  });

  test("the answer comes in the tick in which the cursor was looked at", async () => {
    const worker = bench.worker({ limits: { ringMessages: 1 } });
    await storeMessages(bench, "r", range(1, 50));
    const { epoch } = await worker.subscribe({ room: "r" });
    const gaps: number[] = [];

    // Messages are stored all the time; whoever is live must get each of them from the event right behind the answer.
    for (const n of range(1, 30)) {
      let end: number | undefined;
      const before = worker.delivered.length;
      const subscribed = worker.rooms.subscribe({ room: "r", after: 40, epoch }, (answer) => {
        if ("live" in answer && answer.live) end = answer.to;
      });
      const published = worker.publish("r", "ann", [`n${n}`]);
      await bench.settled(Promise.all([subscribed, published]));
      const next = worker.delivered.slice(before).find(({ to }) => end !== undefined && to > end);
      if (end !== undefined && next !== undefined && next.after > end) gaps.push(n);
    }

    expect(gaps).toEqual([]);
    expect(worker.delivered.length).toBe(30);
  });
});

describe("subscribing while the store is away", () => {
  test("is refused as temporary, and works when the store is back", async () => {
    const bench = createBench();
    let away = true;
    const worker = bench.worker({
      wrapStore: (store): RoomStore => ({
        ...store,
        heads: (rooms) => (away ? Promise.reject(new Error("mongodb://secret")) : store.heads(rooms)),
      }),
    });

    await expect(worker.subscribe({ room: "r" })).rejects.toMatchObject({
      code: "temporary",
      reason: "unreadable",
    });
    expect(worker.rooms.openRooms).toBe(0);

    away = false;
    expect(await worker.subscribe({ room: "r" })).toMatchObject({ live: true });
  });

  test("all that one client has asked for fails together, when the first of it does", async () => {
    const bench = createBench();
    const worker = bench.worker({
      wrapStore: (store): RoomStore => ({
        ...store,
        async heads() {
          await worker.clock.sleep(10_000);
          throw new Error("no answer");
        },
      }),
    });
    const begunMs = bench.time.now;

    const asked = range(1, 50).map((n) => worker.rooms.subscribe({ room: `r${n}` }, () => {}, "ann"));
    const results = await bench.settled(Promise.allSettled(asked));

    expect(results).toEqual(
      asked.map(() => ({ status: "rejected", reason: expect.objectContaining({ reason: "unreadable" }) })),
    );
    expect(bench.time.now - begunMs).toBeLessThan(20_000);
  });
});
