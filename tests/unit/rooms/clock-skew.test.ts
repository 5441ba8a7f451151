import { createRetention, type RetentionLimits } from "../../../src/engine/rooms/retention.js";
import type { RoomStore } from "../../../src/engine/rooms/room-store.js";
import { createProcessClock } from "./simulation/virtual-time.js";
import { type Bench, createBench, createDoor, range, seqsOf } from "./support/bench.js";

const HOUR = 3_600_000;
const MINUTE = 60_000;
const LIMITS: RetentionLimits = { messages: 2, ageMs: 24 * HOUR, youngestMs: 10 * MINUTE };

/** Times and runs by the clocks of the processes, as if each were right. */
function ownClock(store: RoomStore, date: () => number): RoomStore {
  return {
    ...store,
    date: async () => date(),
    allocate: async (room, count) => ({ ...(await store.allocate(room, count)), at: date() }),
  };
}

/** A process that trims with a clock that is wrong by `skewMs`, and perhaps believes it. */
function retention(bench: Bench, skewMs: number, believed: boolean) {
  const { date } = createProcessClock(bench.time, { next: () => 0 } as never, skewMs);
  const store = believed ? ownClock(bench.store(), date) : bench.store();
  return createRetention({ store, report: () => {} }, LIMITS);
}

async function readAll(bench: Bench): Promise<number[]> {
  const page = await bench.worker().subscribe({ room: "r", after: 0 });
  return "messages" in page ? seqsOf([page]) : [];
}

describe("wrong clocks", () => {
  test.each([
    ["a run that is two hours ahead trims nothing that is fresh", false, range(1, 6)],
    ["and would, if it believed its own clock", true, [5, 6]],
  ])("%s", async (_, believed, left) => {
    const bench = createBench();
    const worker = bench.worker();
    await worker.publish("r", "ann", ["a", "b", "c", "d", "e", "f"]);

    await bench.settled(retention(bench, 2 * HOUR, believed).trim("r"));

    expect(await readAll(bench)).toEqual(left);
  });

  test.each([
    ["messages of a worker that is two days behind are as fresh as any", false, range(1, 6)],
    ["and would go, if it stamped them by its own clock", true, range(3, 6)],
  ])("%s", async (_, believed, left) => {
    const bench = createBench();
    const worker = bench.worker();
    const behind = bench.worker({
      wrapStore: (store) => (believed ? ownClock(store, () => 1_700_000_000_000 - 48 * HOUR) : store),
    });
    await behind.publish("r", "bob", ["a", "b"]);
    await worker.publish("r", "ann", ["c", "d", "e", "f"]);

    await bench.settled(retention(bench, 0, false).trim("r"));

    expect(await readAll(bench)).toEqual(left);
  });

  test("a tombstone's time, which is its worker's, moves no floor", async () => {
    const bench = createBench();
    await bench.worker().publish("r", "ann", ["a", "b", "c"]);
    const store = bench.store();
    const { top } = await bench.settled(store.allocate("r", 3));
    const tombstones = range(top - 2, top).map((seq) => ({ room: "r", seq, at: 0, void: true as const }));
    await bench.settled(store.insert(tombstones, { ordered: false }));
    await bench.worker().publish("r", "ann", ["d"]);

    expect(await bench.settled(retention(bench, 0, false).trim("r"))).toBe(0);
  });
});

describe("a message that comes to its number when that was given up", () => {
  /** Stores one whose insert waits while the floor passes it. The answer is lost, or the writer does not look at the floor. */
  async function late(loses: boolean, looks = true) {
    const bench = createBench();
    const door = createDoor();
    let first = true;
    const slow = bench.worker({
      wrapStore: (store) => ({
        ...store,
        async heads(rooms) {
          const heads = await store.heads(rooms);
          return looks ? heads : new Map([...heads].map(([room, head]) => [room, { ...head, floor: 0 }]));
        },
        async insert(entries, options) {
          if (!first) return store.insert(entries, options);
          first = false;
          await door.pass();
          const outcome = await store.insert(entries, options);
          if (loses) throw new Error("the reply was lost");
          return outcome;
        },
      }),
    });
    await bench.worker().publish("r", "bob", ["a", "b"]);
    const sent = slow.rooms.publish({ room: "r", from: "ann", messages: [{ id: "late", body: 1 }] });
    await bench.pass(200);
    await bench.worker().publish("r", "bob", ["c", "d"]);
    const store = bench.store();
    await bench.settled(store.raiseFloor("r", 4));
    await bench.settled(store.deleteUpTo("r", 4));
    door.open();
    return { bench, seq: (await bench.settled(sent))[0] };
  }

  test.each([[false], [true]])("gets another one, and readers see it (reply lost: %s)", async (loses) => {
    const { bench, seq } = await late(loses);

    expect(seq).toBe(6);
    expect(await readAll(bench)).toEqual([5, 6]);
  });

  test("gets another one when its writer dies before it can take it back, and the sender repeats it elsewhere", async () => {
    const bench = createBench();
    const door = createDoor();
    const doomed = bench.worker({
      wrapStore: (store) => ({
        ...store,
        async insert(...request) {
          await door.pass();
          const outcome = await store.insert(...request);
          doomed.clock.kill();
          return outcome;
        },
      }),
    });
    await bench.worker().publish("r", "bob", ["a", "b"]);
    const messages = [{ id: "late", body: 1 }];
    void doomed.rooms.publish({ room: "r", from: "ann", messages });
    await bench.pass(200);
    await bench.worker().publish("r", "bob", ["c", "d"]);
    const store = bench.store();
    await bench.settled(store.raiseFloor("r", 4));
    await bench.settled(store.deleteUpTo("r", 4));
    door.open();
    await bench.pass(2000);
    const again = { room: "r", from: "ann", messages, retry: true };
    const seqs = await bench.settled(bench.worker().rooms.publish(again));

    expect(doomed.clock.state).toBe("dead");
    expect(seqs).toEqual([6]);
    expect(await readAll(bench)).toEqual([5, 6]);
  });

  test.each([[false], [true]])(
    "would be acknowledged and never seen if nobody looked at the floor (reply lost: %s)",
    async (loses) => {
      const { bench, seq } = await late(loses, false);

      expect(seq).toBe(3);
      expect(await readAll(bench)).toEqual([5]);
    },
  );
});
