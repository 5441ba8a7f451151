import type { RoomStore } from "../../../src/engine/rooms/room-store.js";
import { type Bench, createBench, createDoor, message, range, type TestWorker } from "./support/bench.js";

// A backup was restored: the room's log is another one, under another epoch, and numbers mean other messages.

const NO_SWEEP = { limits: { sweepMs: 1e9, sweepDownMs: 1e9 } };

/** What members were shown, as "epoch number id". */
const shown = ({ delivered }: TestWorker): string[] =>
  delivered.flatMap(({ epoch, messages }) => messages.map(({ seq, id }) => `${epoch} ${seq} ${id}`));

describe("workers that run while a room's log is replaced", () => {
  let bench: Bench;
  let worker: TestWorker;
  let old: string;
  const epoch = () => bench.database.head("r")?.epoch ?? "";

  beforeEach(async () => {
    bench = createBench();
    worker = bench.worker(NO_SWEEP);
    await worker.publish("r", "ann", ["a", "b", "c"]);
    await worker.subscribe({ room: "r", limit: 0 });
    old = epoch();
  });

  async function restore(): Promise<void> {
    bench.database.restore("r", 1);
    await bench.pass(50);
  }

  test("tell each other of which log a message is", async () => {
    await worker.publish("r", "ann", ["d"]);

    expect(worker.bus.published.at(-1)).toMatchObject({ room: "r", epoch: old, entries: [{ seq: 4 }] });
  });

  test("show a message of the new log under its own epoch only, and at once", async () => {
    await restore();
    const other = bench.worker(NO_SWEEP);
    for (const id of ["A", "B", "C"]) await other.publish("r", "bob", [id]);

    for (const told of other.bus.published) worker.bus.receive(told.room, told.entries, told.epoch);
    await bench.pass(100);
    await other.publish("r", "bob", ["D"]);
    for (const told of other.bus.published) worker.bus.receive(told.room, told.entries, told.epoch);
    await bench.pass(100);

    expect(shown(worker).filter((line) => line.startsWith(old))).toEqual([]);
    expect(shown(worker)).toEqual([`${epoch()} 5 D`]);
    expect(worker.delivered[0]).toMatchObject({ epoch: epoch(), after: 4, to: 4, messages: [] });
    expect(worker.observed.refusals).toBeGreaterThan(0);
  });

  test("show what they stored themselves under the new epoch only", async () => {
    await restore();

    for (const id of ["A", "B", "C", "D"]) await worker.publish("r", "bob", [id]);
    await bench.pass(100);

    expect(shown(worker).filter((line) => line.startsWith(old))).toEqual([]);
    expect(worker.delivered.at(-1)).toMatchObject({ epoch: epoch(), to: 5 });
  });

  test("do not take what they read of the new log for the old one's", async () => {
    const far = message("r", 6);
    worker.bus.receive("r", [far]);
    await restore();
    const other = bench.worker(NO_SWEEP);
    for (const id of ["A", "B", "C"]) await other.publish("r", "bob", [id]);
    await bench.pass(5000);

    expect(shown(worker).filter((line) => line.startsWith(old))).toEqual([]);
    expect(worker.delivered.at(-1)).toMatchObject({ epoch: epoch(), to: 4 });
  });

  test("answer with pages of the new log, not with old numbers and new messages", async () => {
    const reader = bench.worker({ limits: { ...NO_SWEEP.limits, ringMessages: 1 } });
    await reader.subscribe({ room: "r", limit: 0 });
    await restore();
    const other = bench.worker(NO_SWEEP);
    await other.publish("r", "bob", ["A", "B"]);

    const live = await reader.subscribe({ room: "r", after: 0 });
    const back = await bench.settled(bench.worker(NO_SWEEP).rooms.scrollBack({ room: "r" }));
    const stale = bench.settled(worker.rooms.scrollBack({ room: "r" }));

    expect(live).toMatchObject({ epoch: epoch(), to: 3 });
    expect(back).toMatchObject({ epoch: epoch(), to: 3 });
    expect(await stale).toMatchObject({
      epoch: epoch(),
      to: 3,
      messages: [{ id: "a" }, { id: "A" }, { id: "B" }],
    });
  });

  test("drop a repeated event of the old log, whatever its number", async () => {
    const before = worker.bus.published.map((told) => ({ ...told }));
    await restore();
    await bench.settled(worker.rooms.read({ room: "r", after: 0, epoch: "none" }));
    await bench.pass(100);
    worker.delivered.length = 0;
    const refusals = worker.observed.refusals;

    for (const told of before) worker.bus.receive(told.room, told.entries, told.epoch);
    worker.bus.receive("r", [message("r", 2)], old);
    await bench.pass(2000);
    await worker.publish("r", "bob", ["B"]);

    expect(shown(worker)).toEqual([`${epoch()} 2 B`]);
    expect(worker.observed.refusals).toBe(refusals + before.length + 1);
    expect(bench.database.history.filter((entry) => "void" in entry)).toEqual([]);
  });

  test("ask the store once at a time, however many events of another log come", async () => {
    worker.calls.length = 0;

    for (const seq of range(1, 1000)) worker.bus.receive("r", [message("r", seq)], "another");
    await bench.pass(1000);

    expect(worker.calls).toEqual(["heads", "heads"]);
    expect(worker.delivered).toEqual([]);
  });

  test("drop what came for the old log while they opened the room", async () => {
    const door = createDoor();
    const opening = bench.worker({
      ...NO_SWEEP,
      wrapStore: (store): RoomStore => ({
        ...store,
        before: async (...request) => {
          await door.pass();
          return store.before(...request);
        },
      }),
    });
    await restore();
    const answer = opening.subscribing({ room: "r", limit: 0 });
    await bench.pass(10);
    opening.bus.receive("r", [message("r", 2)], old);
    door.open();

    expect(await bench.settled(answer)).toMatchObject({ epoch: epoch(), to: 1 });
    await bench.pass(5000);
    expect(opening.delivered).toEqual([]);
    expect(opening.observed.refusals).toBe(1);
  });

  test("leave it to the sender to repeat what was on its way into the old log", async () => {
    const door = createDoor();
    const publisher = bench.worker({
      ...NO_SWEEP,
      wrapStore: (store): RoomStore => ({
        ...store,
        async insert(...request) {
          if (!door.waiting) await door.pass();
          return store.insert(...request);
        },
      }),
    });
    const seqs = publisher.rooms.publish({ room: "r", from: "bob", messages: [{ id: "B", body: 1 }] });
    await bench.pass(200);
    await restore();
    door.open();

    await expect(bench.settled(seqs)).rejects.toMatchObject({ code: "temporary", reason: "replaced" });
    const again = { room: "r", from: "bob", messages: [{ id: "B", body: 1 }], retry: true };
    expect(await bench.settled(publisher.rooms.publish(again))).toEqual([4]);
    const reader = bench.worker(NO_SWEEP);
    await reader.subscribe({ room: "r", after: 0 });
    await bench.pass(5000);

    expect(shown(reader)).toEqual([`${epoch()} 4 B`]);
    expect(publisher.bus.published.map((told) => told.epoch)).not.toContain(old);
  });

  test("hold nobody up when one dies whose message came into the new log, far behind its end", async () => {
    const door = createDoor();
    const doomed = bench.worker({
      ...NO_SWEEP,
      wrapStore: (store): RoomStore => ({
        ...store,
        async insert(...request) {
          await door.pass();
          const outcome = await store.insert(...request);
          doomed.clock.kill();
          return outcome;
        },
      }),
    });
    const { top } = await bench.settled(bench.store().allocate("r", 3000));
    const message = { room: "r", from: "bob", messages: [{ id: "B", body: 1 }] };
    void doomed.rooms.publish(message);
    await bench.pass(200);
    await restore();
    const reader = bench.worker(NO_SWEEP);
    await reader.subscribe({ room: "r", after: 0 });
    door.open();
    await bench.pass(200);

    const seqs = await bench.settled(reader.rooms.publish({ ...message, retry: true }));
    await reader.publish("r", "bob", ["C"]);
    await bench.pass(2500);

    expect(doomed.clock.state).toBe("dead");
    expect(seqs).toEqual([top + 1]);
    expect(shown(reader)).toEqual([`${epoch()} ${top + 1} B`, `${epoch()} ${top + 2} C`]);
  });
});
