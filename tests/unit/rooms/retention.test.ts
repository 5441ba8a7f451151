import type { RoomEntry } from "../../../src/contract/types.js";
import { createRetention, type RetentionLimits } from "../../../src/engine/rooms/retention.js";
import type { RoomStore } from "../../../src/engine/rooms/room-store.js";
import { type Bench, createBench, range } from "./support/bench.js";

const HOUR = 3_600_000;
const MINUTE = 60_000;
const LIMITS: RetentionLimits = { messages: Infinity, ageMs: Infinity, youngestMs: 0 };

/** A room with one message per hour, the newest of them an hour old. */
async function hourly(bench: Bench, room: string, count: number): Promise<void> {
  const store = bench.store();
  const entries = range(1, count).map(
    (seq): RoomEntry => ({
      room,
      seq,
      id: `m${seq}`,
      from: "ann",
      at: now(bench) - (count - seq + 1) * HOUR,
      body: seq,
    }),
  );
  await bench.settled(store.allocate(room, count));
  await bench.settled(store.insert(entries, { ordered: true }));
}

function now({ time }: Bench): number {
  return 1_700_000_000_000 + time.now;
}

async function seqsLeft(bench: Bench, room: string): Promise<number[]> {
  const page = await bench.settled(bench.store().after(room, 0, { messages: 1000, bytes: 1e9 }));
  return page.entries.map(({ seq }) => seq);
}

describe("retention", () => {
  let bench: Bench;
  let reports: string[];
  beforeEach(() => {
    bench = createBench();
    reports = [];
  });

  function retention(limits: Partial<RetentionLimits>, store: RoomStore = bench.store()) {
    return createRetention(
      {
        store,
        report: (what, error) => reports.push(`${what}: ${String(error)}`),
      },
      { ...LIMITS, ...limits },
    );
  }

  test("the newest messages are kept, by count", async () => {
    await hourly(bench, "r", 100);

    expect(await bench.settled(retention({ messages: 30 }).trim("r"))).toBe(70);

    expect(await seqsLeft(bench, "r")).toEqual(range(71, 100));
    expect(bench.database.head("r")?.floor).toBe(70);
  });

  test("old messages go, by age", async () => {
    await hourly(bench, "r", 100);

    await bench.settled(retention({ ageMs: 24 * HOUR + MINUTE }).trim("r"));

    expect(await seqsLeft(bench, "r")).toEqual(range(77, 100));
  });

  test.each([1, 2, 3, 7, 64, 99, 100])("bisection finds the oldest of the last %i hours", async (hours) => {
    await hourly(bench, "r", 100);

    await bench.settled(retention({ ageMs: hours * HOUR + MINUTE }).trim("r"));

    expect(await seqsLeft(bench, "r")).toEqual(range(101 - hours, 100));
  });

  test("all may go, and the floor tells so", async () => {
    await hourly(bench, "r", 10);

    expect(await bench.settled(retention({ ageMs: HOUR / 2 }).trim("r"))).toBe(10);

    expect(await seqsLeft(bench, "r")).toEqual([]);
  });

  test("what is young stays, whatever the count says", async () => {
    await hourly(bench, "r", 100);

    await bench.settled(retention({ messages: 5, youngestMs: 20 * HOUR + MINUTE }).trim("r"));

    expect(await seqsLeft(bench, "r")).toEqual(range(81, 100));
  });

  test("what is young stays, whatever the age says", async () => {
    await hourly(bench, "r", 100);

    await bench.settled(retention({ ageMs: HOUR, youngestMs: 20 * HOUR + MINUTE }).trim("r"));

    expect(await seqsLeft(bench, "r")).toEqual(range(81, 100));
  });

  test("it bisects instead of reading the room", async () => {
    await hourly(bench, "r", 1000);
    let reads = 0;
    const store = bench.store();
    const counting: RoomStore = {
      ...store,
      after(...request) {
        reads += 1;
        return store.after(...request);
      },
    };

    await bench.settled(retention({ ageMs: 500 * HOUR }, counting).trim("r"));

    expect(reads).toBeLessThan(15);
  });

  test("the floor is recorded before anything is removed", async () => {
    await hourly(bench, "r", 10);
    const steps: string[] = [];
    const store = bench.store();
    const watched: RoomStore = {
      ...store,
      async raiseFloor(room, floor) {
        await store.raiseFloor(room, floor);
        steps.push(`floor ${bench.database.head(room)?.floor}`);
      },
      async deleteUpTo(room, floor) {
        steps.push(`delete up to ${floor}`);
        await store.deleteUpTo(room, floor);
      },
    };

    await bench.settled(retention({ messages: 4 }, watched).trim("r"));

    expect(steps).toEqual(["floor 6", "delete up to 6"]);
  });

  test("nothing is removed when the floor cannot be recorded", async () => {
    await hourly(bench, "r", 10);
    const failing: RoomStore = {
      ...bench.store(),
      raiseFloor: () => Promise.reject(new Error("no majority")),
    };

    await expect(bench.settled(retention({ messages: 4 }, failing).trim("r"))).rejects.toThrow("no majority");

    expect(await seqsLeft(bench, "r")).toEqual(range(1, 10));
  });

  test("the next run finishes a removal that was cut short", async () => {
    await hourly(bench, "r", 10);
    const failing: RoomStore = { ...bench.store(), deleteUpTo: () => Promise.reject(new Error("cut short")) };
    await expect(bench.settled(retention({ messages: 4 }, failing).trim("r"))).rejects.toThrow("cut short");

    await bench.settled(retention({ messages: 4 }).trim("r"));

    expect(await seqsLeft(bench, "r")).toEqual(range(7, 10));
  });

  test("a room that fails does not keep the others from their turn", async () => {
    for (const room of ["a", "b", "c"]) await hourly(bench, room, 10);
    const store = bench.store();
    const failing: RoomStore = {
      ...store,
      raiseFloor: (room, floor) =>
        room === "b" ? Promise.reject(new Error("away")) : store.raiseFloor(room, floor),
    };

    await bench.settled(retention({ messages: 4 }, failing).run());

    expect(["a", "b", "c"].map((room) => bench.database.head(room)?.floor)).toEqual([6, 0, 6]);
    expect(reports).toEqual(["retention: Error: away"]);
  });

  test("a stop ends a run after the room at work", async () => {
    for (const room of ["a", "b"]) await hourly(bench, room, 10);
    const store = bench.store();
    const stopping: RoomStore = {
      ...store,
      async raiseFloor(room, floor) {
        job.stop();
        await store.raiseFloor(room, floor);
      },
    };
    const job = retention({ messages: 4 }, stopping);

    await bench.settled(job.run());

    expect(["a", "b"].map((room) => bench.database.head(room)?.floor)).toEqual([6, 0]);
  });
});
