import { ROOM_LIMITS, type RoomLimits } from "../../../src/engine/rooms/limits.js";
import { HeldBytes } from "../../../src/engine/rooms/read/held-bytes.js";
import { createHistoryReader } from "../../../src/engine/rooms/read/history-reader.js";
import { LogView } from "../../../src/engine/rooms/read/log-view.js";
import { createRingFamily } from "../../../src/engine/rooms/read/message-ring.js";
import { createOpenRooms, type OpenRooms } from "../../../src/engine/rooms/read/open-rooms.js";
import { createRoomCursor } from "../../../src/engine/rooms/read/room-cursor.js";
import type { RoomStore } from "../../../src/engine/rooms/room-store.js";
import { createHoleFiller } from "../../../src/engine/rooms/write/hole-filler.js";
import {
  type Bench,
  createBench,
  createDoor,
  message,
  range,
  seqsOf,
  storeMessages,
} from "./support/bench.js";

/** Time in which an unused room is surely noticed, and closed after its linger time of 10 s. */
const CLOSED_MS = 25_000;

/** Open rooms without the sweep; each log has one message. */
function openRooms(
  bench: Bench,
  members: () => number,
  limits: RoomLimits,
  rings = createRingFamily(limits),
): OpenRooms {
  const store = bench.store();
  const { clock } = bench.worker();
  const held = new HeldBytes(limits.bufferedBytes);
  return createOpenRooms(
    {
      held,
      reader: createHistoryReader(store, limits),
      filler: createHoleFiller({ store, clock, onStored() {} }),
      clock,
      deliver() {},
      report() {},
      members,
      readDecided: () => Promise.reject(new Error("nobody only looks")),
      async readView(room) {
        const ring = rings.createRing();
        ring.push([message(room, 1)]);
        return new LogView({ room, epoch: "e" }, 0, createRoomCursor(1, 10, held), ring);
      },
    },
    limits,
  );
}

describe("open rooms", () => {
  let bench: Bench;
  beforeEach(() => {
    bench = createBench();
  });

  test("a room stays open while it has local members", async () => {
    const worker = bench.worker();
    await worker.subscribe({ room: "r" });

    await bench.pass(10 * CLOSED_MS);

    expect(worker.rooms.openRooms).toBe(1);
  });

  test("a room without local members is closed after a while, with its timers", async () => {
    const worker = bench.worker();
    await worker.subscribe({ room: "r" });
    worker.bus.receive("r", await storeMessages(bench, "r", [5]));
    worker.members.clear();

    await bench.pass(4000);
    expect(worker.rooms.openRooms).toBe(1);
    await bench.pass(CLOSED_MS);

    expect(worker.rooms.openRooms).toBe(0);
    await bench.settled(worker.rooms.stop());
    await bench.pass(60_000);
    expect(bench.time.pending).toBe(0);
  });

  test("a room that is closed and opened again goes on without a gap", async () => {
    const worker = bench.worker();
    const { epoch } = await worker.subscribe({ room: "r" });
    worker.members.clear();
    await bench.pass(CLOSED_MS);
    await storeMessages(bench, "r", [1, 2]);

    const answer = await worker.subscribe({ room: "r", after: 0, epoch });

    expect(answer).toMatchObject({ after: 0, to: 2, live: true });
  });

  test("a room is not closed under a subscription that is still reading", async () => {
    let finish = (): void => {};
    let slow = false;
    const worker = bench.worker({
      limits: { ringMessages: 1, lingerMs: 0 },
      wrapStore: (store): RoomStore => ({
        ...store,
        async after(...request) {
          if (slow) await new Promise<void>((resolve) => (finish = resolve));
          return store.after(...request);
        },
      }),
    });
    await storeMessages(bench, "r", range(1, 9));
    const { epoch } = await worker.subscribe({ room: "r" });
    slow = true;
    const reading = worker.subscribing({ room: "r", after: 1, epoch });
    worker.members.clear();
    await bench.pass(CLOSED_MS);
    expect(worker.rooms.openRooms).toBe(1);

    finish();
    expect(await bench.settled(reading)).toMatchObject({ live: true });
    slow = false;
    await worker.publish("r", "ann", ["a"]);

    expect(seqsOf(worker.delivered)).toEqual([10]);
  });

  test.each([
    ["hears what the bus brings meanwhile", 3, {}],
    ["misses nothing of it, however much it is", 300, { bufferedMessages: 10 }],
    ["misses nothing of it, however large it is", 300, { bufferedBytes: 1000 }],
  ])("a subscription during the opening of a room %s", async (_, count, limits) => {
    const door = createDoor();
    const worker = bench.worker({
      limits,
      wrapStore: (store): RoomStore => ({
        ...store,
        async before(...request) {
          const page = await store.before(...request);
          await door.pass();
          return page;
        },
      }),
    });
    const opening = worker.subscribing({ room: "r", limit: 0 });
    await bench.pass(10);
    const entries = await storeMessages(bench, "r", range(1, count));
    expect(door.waiting).toBe(true);

    worker.bus.receive("r", entries);
    door.open();
    const answer = await bench.settled(opening);
    await bench.pass(50);

    const end = "after" in answer ? answer.after : Number.NaN;
    expect(worker.delivered.at(-1)?.to).toBe(count);
    expect(seqsOf(worker.delivered).filter((seq) => seq > end)).toEqual(range(end + 1, count));
  });

  test("many subscriptions to a room open it once", async () => {
    const worker = bench.worker();

    await bench.settled(Promise.all(range(1, 50).map(() => worker.subscribing({ room: "r", limit: 0 }))));

    expect(worker.calls.filter((call) => call === "create")).toHaveLength(1);
  });

  test("no more rooms are open than allowed, but unused ones give way", async () => {
    const worker = bench.worker({ limits: { openRooms: 2 } });
    await worker.subscribe({ room: "a" });
    await worker.subscribe({ room: "b" });

    await expect(worker.subscribe({ room: "c" })).rejects.toMatchObject({ reason: "overloaded" });
    worker.members.delete("a");
    await worker.subscribe({ room: "c" });

    expect(worker.rooms.openRooms).toBe(2);
  });

  test("clients that open all they may leave place for others, and a refusal looks at few rooms", async () => {
    let looks = 0;
    const bench = createBench();
    const rooms = openRooms(
      bench,
      () => {
        looks += 1;
        return 1;
      },
      { ...ROOM_LIMITS, openRooms: 1000, lingerMs: 0 },
    );
    const greedy = Array.from({ length: 10 }, () => 0);
    for (const n of range(1, 200)) {
      for (const client of greedy.keys()) {
        const opening = rooms.use(`${client}-${n}`, `client ${client}`, async () => {});
        await opening.then(
          () => (greedy[client] = n),
          (error: unknown) => expect(error).toMatchObject({ reason: "overloaded" }),
        );
      }
    }

    expect(rooms.size).toBeLessThan(950);
    expect(Math.min(...greedy)).toBeGreaterThan(80);
    await bench.settled(rooms.use("another", "somebody else", async () => {}));

    for (const n of range(1, 200))
      await rooms.use(`full-${n}`, `client ${n + 100}`, async () => {}).catch(() => {});
    expect(rooms.size).toBe(1000);
    looks = 0;
    await expect(rooms.use("last", "latecomer", async () => {})).rejects.toMatchObject({
      reason: "overloaded",
    });
    expect(looks).toBeLessThan(100);
  });

  test("reading neither opens nor makes a room, and works when all places are taken", async () => {
    const worker = bench.worker({ limits: { openRooms: 1 } });
    await worker.subscribe({ room: "a" });
    await storeMessages(bench, "b", range(1, 3));

    expect(await bench.settled(worker.rooms.read({ room: "b", after: 0 }))).toMatchObject({ to: 3 });
    expect(await bench.settled(worker.rooms.scrollBack({ room: "b" }))).toMatchObject({ to: 3 });
    expect(await bench.settled(worker.rooms.read({ room: "never", after: 0 }))).toBeUndefined();

    expect(worker.rooms.openRooms).toBe(1);
    expect(bench.database.head("never")).toBeUndefined();
  });

  test("closing forgets all rooms and hears the bus no more", async () => {
    const worker = bench.worker();
    await worker.subscribe({ room: "r" });
    const entries = await storeMessages(bench, "r", [1, 2]);
    worker.bus.receive("r", entries.slice(1));

    await bench.settled(worker.rooms.stop());
    expect(bench.time.pending).toBe(0);
    expect(worker.bus.listeners).toBe(0);
    worker.bus.receive("r", entries);
    await bench.pass(60_000);

    expect(worker.rooms.openRooms).toBe(0);
    expect(worker.delivered).toEqual([]);
  });

  test("a closed room no longer counts in the memory for rings", async () => {
    const rings = createRingFamily(ROOM_LIMITS);
    const rooms = openRooms(bench, () => 0, ROOM_LIMITS, rings);
    await rooms.use("r", undefined, async () => {});
    expect(rings.bytes).toBeGreaterThan(0);

    rooms.closeAll();

    expect(rings.bytes).toBe(0);
  });
});

describe("a room that is only read from outside, and not followed", () => {
  /** Numbers 1, 3 and 5 hold messages; the writers of 2 and 4 are gone. Numbers are handed out in this order. */
  async function withAbandoned(bench: Bench) {
    const store = bench.store();
    const numbers = [];
    for (let count = 1; count <= 5; count += 1) numbers.push(await bench.settled(store.allocate("r", 1)));
    const stored = numbers
      .filter(({ top }) => top % 2 === 1)
      .map(({ top, at }) => ({ room: "r", seq: top, at, id: `m${top}`, from: "ann", body: 1 }));
    await bench.settled(store.insert(stored, { ordered: true }));
    return bench.worker();
  }

  test("is shown behind numbers that are missing for long", async () => {
    const bench = createBench();
    const { rooms } = await withAbandoned(bench);
    await bench.pass(1500);

    expect(await bench.settled(rooms.read({ room: "r", after: 0 }))).toMatchObject({ to: 5 });
    expect(await bench.settled(rooms.scrollBack({ room: "r" }))).toMatchObject({ to: 5, more: false });
    expect(rooms.openRooms).toBe(0);
  });

  test("is shown up to a number that may be on its way", async () => {
    const bench = createBench();
    const { rooms } = await withAbandoned(bench);

    expect(await bench.settled(rooms.read({ room: "r", after: 0 }))).toMatchObject({ to: 1 });
    expect(bench.database.history.filter((entry) => "void" in entry)).toEqual([]);
  });
});
