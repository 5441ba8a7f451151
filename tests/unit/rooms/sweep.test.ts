import type { RoomHead, RoomStore } from "../../../src/engine/rooms/room-store.js";
import { type Bench, createBench, createDoor, range, seqsOf, storeMessages } from "./support/bench.js";

describe("sweep", () => {
  let bench: Bench;
  beforeEach(() => {
    bench = createBench();
  });

  test("a lost last message is found within a sweep", async () => {
    const worker = bench.worker();
    await worker.subscribe({ room: "r", limit: 0 });
    await storeMessages(bench, "r", [1]);

    await bench.pass(7200);

    expect(seqsOf(worker.delivered)).toEqual([1]);
  });

  test("it happens at once when the bus is back", async () => {
    const worker = bench.worker();
    await worker.subscribe({ room: "r", limit: 0 });
    await storeMessages(bench, "r", [1]);

    worker.bus.ready();
    await bench.pass(20);

    expect(seqsOf(worker.delivered)).toEqual([1]);
  });

  test("it reads a long backlog to its end", async () => {
    const worker = bench.worker({ limits: { pageMessages: 50 } });
    await worker.subscribe({ room: "r", limit: 0 });
    await storeMessages(bench, "r", range(1, 180));

    worker.bus.ready();
    await bench.pass(50);

    expect(seqsOf(worker.delivered)).toEqual(range(1, 180));
  });

  test("when the bus comes back during one, another follows at once", async () => {
    const door = createDoor();
    let guarded = false;
    const worker = bench.worker({
      wrapStore: (store): RoomStore => ({
        ...store,
        async heads(rooms) {
          const heads = await store.heads(rooms);
          if (guarded) await door.pass();
          return heads;
        },
      }),
    });
    await worker.subscribe({ room: "r", limit: 0 });
    guarded = true;
    worker.bus.ready();
    await bench.pass(20);
    await storeMessages(bench, "r", [1]);

    worker.bus.ready();
    door.open();
    await bench.pass(20);

    expect(door.waiting).toBe(true);
    expect(seqsOf(worker.delivered)).toEqual([1]);
  });

  test("it learns what retention has removed", async () => {
    const worker = bench.worker();
    await storeMessages(bench, "r", range(1, 20));
    const { epoch } = await worker.subscribe({ room: "r" });
    await bench.settled(bench.store().raiseFloor("r", 10));

    await bench.pass(7200);

    expect(await worker.subscribe({ room: "r", after: 9, epoch })).toMatchObject({ reset: true, floor: 10 });
    expect(await worker.subscribe({ room: "r", after: 0 })).toMatchObject({ after: 10, to: 20, live: true });
  });

  test("while the bus is down it happens every second", async () => {
    const worker = bench.worker();
    await worker.subscribe({ room: "r", limit: 0 });
    await bench.pass(10_000);
    worker.bus.up = false;
    await bench.pass(1300);
    await storeMessages(bench, "r", [1]);

    await bench.pass(1300);

    expect(seqsOf(worker.delivered)).toEqual([1]);
  });

  test("numbers that were handed out and never used do not stay open at the end of the log", async () => {
    const worker = bench.worker();
    await worker.subscribe({ room: "r", limit: 0 });
    await bench.settled(bench.store().allocate("r", 3));

    await bench.pass(20_000);

    expect(worker.delivered).toMatchObject([{ after: 0, to: 3, messages: [] }]);
    expect(bench.database.history).toMatchObject(range(1, 3).map((seq) => ({ seq, void: true })));
  });

  test("no query asks for more rooms than allowed", async () => {
    const asked: number[] = [];
    const worker = bench.worker({
      limits: { sweepRooms: 4 },
      wrapStore: (store): RoomStore => ({
        ...store,
        heads(rooms) {
          asked.push(rooms.length);
          return store.heads(rooms);
        },
      }),
    });
    for (const n of range(1, 10)) await worker.subscribe({ room: `r${n}`, limit: 0 });
    asked.length = 0;

    worker.bus.ready();
    await bench.pass(50);

    expect(asked).toEqual([4, 4, 2]);
  });

  test("a room that cannot be read does not keep the others from their turn", async () => {
    const worker = bench.worker({
      wrapStore: (store): RoomStore => ({
        ...store,
        after: (room, ...rest) =>
          room === "broken" ? Promise.reject(new Error("away")) : store.after(room, ...rest),
      }),
    });
    for (const room of ["broken", "r"]) {
      await worker.subscribe({ room, limit: 0 });
      await storeMessages(bench, room, [1]);
    }

    worker.bus.ready();
    await bench.pass(50);

    expect(seqsOf(worker.delivered)).toEqual([1]);
    expect(worker.reports).toEqual(["sweep of a room: Error: away"]);
  });

  test("a log that was trimmed to its end is followed without filling what was removed", async () => {
    const worker = bench.worker();
    await worker.subscribe({ room: "r", limit: 0 });
    const store = bench.store();
    await storeMessages(bench, "r", range(1, 30));
    await bench.settled(store.raiseFloor("r", 30));
    await bench.settled(store.deleteUpTo("r", 30));

    await bench.pass(20_000);

    expect(worker.delivered).toMatchObject([{ after: 30, to: 30, messages: [] }]);
    expect(bench.database.history.filter((entry) => "void" in entry)).toEqual([]);
    await worker.publish("r", "ann", ["a"]);
    expect(seqsOf(worker.delivered)).toEqual([31]);
  });

  test("after a restore members get an event of the new log, and the room follows that", async () => {
    const worker = bench.worker();
    await worker.publish("r", "ann", ["a"]);
    await worker.subscribe({ room: "r", limit: 0 });
    const old = bench.database.head("r") as RoomHead;
    bench.database.renew("r");

    await bench.pass(7200);

    const epoch = bench.database.head("r")?.epoch;
    expect(epoch).not.toBe(old.epoch);
    expect(worker.delivered).toMatchObject([{ epoch, after: 1, to: 1, messages: [] }]);
    await worker.publish("r", "ann", ["b"]);
    expect(worker.delivered.at(-1)).toMatchObject({ epoch, after: 1, to: 2 });
  });
});

describe("a message of which the bus did not tell", () => {
  const bounds = [
    ["five seconds, while the bus seems to be up", true, 5000],
    ["a second, while the bus is known to be down", false, 1000],
  ] as const;

  test.each(bounds)("is there within %s, whenever it is stored", async (_what, up, boundMs) => {
    const bench = createBench();
    const worker = bench.worker();
    worker.bus.up = up;
    await worker.subscribe({ room: "r", limit: 0 });
    const late: number[] = [];

    for (const seq of range(1, 60)) {
      await bench.pass(seq * 13);
      await storeMessages(bench, "r", [seq]);
      await bench.pass(boundMs);
      if (!seqsOf(worker.delivered).includes(seq)) late.push(seq);
    }

    expect(late).toEqual([]);
  });
});
