import { createDoor } from "../../tools/simulate/door.js";
import { EventHeap } from "../../tools/simulate/event-heap.js";
import { LagMeter } from "../../tools/simulate/lag-meter.js";
import { Meter } from "../../tools/simulate/meter.js";
import { readSettings } from "../../tools/simulate/settings.js";
import { createStockClient } from "../../tools/simulate/stock-client.js";
import { takeOver } from "../../tools/simulate/take-over.js";
import { VirtualTime } from "../../tools/simulate/virtual-time.js";
import { Machine, Worker } from "../../tools/simulate/worker.js";
import { createPrng } from "../chaos/prng.js";
import { SMALL } from "./support.js";

/** Runs in a time of its own, which takes over that of the process. */
async function inVirtualTime(run: (time: VirtualTime) => void, endMs: number): Promise<void> {
  const time = new VirtualTime();
  const giveBack = takeOver(time, createPrng("parts").next);
  try {
    run(time);
    await time.run(() => false, endMs);
  } finally {
    giveBack();
  }
}

describe("virtual time", () => {
  test("what is due comes in order of time, and at one time in the order in which it was added", () => {
    const heap = new EventHeap();
    const { next } = createPrng("heap");
    const added = Array.from({ length: 5000 }, (_, subject) => ({
      timeMs: Math.floor(next() * 100),
      subject,
    }));
    for (const { timeMs, subject } of added) heap.push(timeMs, 7, subject);
    const taken: typeof added = [];
    while (heap.size > 0) {
      taken.push({ timeMs: heap.firstMs, subject: heap.firstSubject });
      expect(heap.firstKind).toBe(7);
      heap.pop();
    }

    expect(taken).toEqual(
      [...added].sort((one, other) => one.timeMs - other.timeMs || one.subject - other.subject),
    );
  });

  test("is that of the process: timers, clocks and promises", async () => {
    const before = [performance.now, setTimeout, Math.random, Date.now];
    const seen: [string, number][] = [];
    await inVirtualTime((time) => {
      const see = (what: string) => seen.push([what, performance.now()]);
      const interval = setInterval(() => see("interval"), 400);
      const cleared = setTimeout(() => see("cleared"), 100);
      clearTimeout(cleared);
      setTimeout((word: string) => see(word), 1000, "timeout").unref();
      setTimeout(() => clearInterval(interval), 900);
      void new Promise((resolve) => setTimeout(resolve, 50)).then(async () => {
        see("promise");
        await new Promise((resolve) => setTimeout(resolve, 5));
        see(`date ${Date.now() % 1000}`);
      });
      expect(time.nowMs).toBe(0);
    }, 10_000);

    expect(seen).toEqual([
      ["promise", 50],
      ["date 55", 55],
      ["interval", 400],
      ["interval", 800],
      ["timeout", 1000],
    ]);
    expect([performance.now, setTimeout, Math.random, Date.now]).toEqual(before);
  });
});

test("a simulated worker lets in as many handshakes as its real admission does for the same load", async () => {
  const config = readSettings({ MAX_HANDSHAKES_PER_SECOND: "20", WORKERS: "1" });
  // Bursts, a trickle below the rate, a rush and silence.
  const arrivalsMs = [
    ...Array.from({ length: 50 }, () => 100),
    ...Array.from({ length: 30 }, (_, place) => 1000 + place * 100),
    ...Array.from({ length: 400 }, (_, place) => 5000 + place * 5),
    ...Array.from({ length: 60 }, (_, place) => 9000 + place * 30),
  ];
  const judged: string[] = [];
  await inVirtualTime(() => {
    const door = createDoor({
      ...{ config, connections: () => 0, meanLagMs: () => 0, onIn() {}, onRefused() {} },
      onResult: (result) => judged.push(result),
    });
    for (const [client, atMs] of arrivalsMs.entries()) setTimeout(() => door.knock(client, 0), atMs);
  }, 20_000);

  const answered: string[] = [];
  await inVirtualTime((time) => {
    const plant = {
      ...{ config, clients: 1, cores: 1, otherWork: SMALL.otherWork },
      coefficients: { ...SMALL.coefficients, usPerHandshake: 1, usPerRefusal: 1 },
    };
    const done = time.kind(() => worker.done());
    const worker = new Worker(0, 0, {
      ...{ time, plant, machine: new Machine(1), schedule: done },
      meter: new Meter(
        () => time.nowMs,
        () => 0,
      ),
      answers: {
        accepted: () => void answered.push("accepted"),
        refused: () => void answered.push("rate"),
      },
    });
    for (const [client, atMs] of arrivalsMs.entries()) setTimeout(() => worker.take(client, 0), atMs);
  }, 20_000);

  expect(answered).toEqual(judged);
  const accepted = judged.filter((result) => result === "accepted").length;
  // 20 of the burst, the trickle, 20 and 40 more of the rush, and the bucket with two seconds of the last ones.
  expect(accepted).toBeGreaterThanOrEqual(20 + 28 + 58 + 54);
  expect(accepted).toBeLessThanOrEqual(20 + 30 + 61 + 60);
});

test("a stock client waits for one second, two and four, half more or less, and at most for five", async () => {
  const pauses: number[][] = [];
  await inVirtualTime(() => {
    const { pauseMs, timeoutMs } = createStockClient();
    for (const failures of [0, 1, 2, 4, 9]) pauses.push(Array.from({ length: 500 }, () => pauseMs(failures)));
    expect(timeoutMs).toBe(20_000);
  }, 0);

  const ranges = pauses.map((all) => [Math.min(...all), Math.max(...all)]);
  for (const [index, [least, most]] of [
    [500, 1500],
    [1000, 3000],
    [2000, 5000],
  ].entries()) {
    expect(ranges[index]?.[0]).toBeGreaterThanOrEqual(least ?? 0);
    expect(ranges[index]?.[1]).toBeLessThanOrEqual(most ?? 0);
  }
  // From then on nothing is left to chance: who is refused together comes again together.
  expect(ranges.slice(3)).toEqual([
    [5000, 5000],
    [5000, 5000],
  ]);
});

test("turns that are longer than the timer show as lag in the next second, and no longer", () => {
  const lag = new LagMeter();
  for (let nowMs = 300; nowMs <= 900; nowMs += 300) lag.turn(300, nowMs);
  expect(lag.meanMs(900)).toBe(0);
  // Three samples of 300 ms and five of 20 ms.
  expect(lag.meanMs(1000)).toBeCloseTo(1000 / 8 - 20);
  lag.turn(5, 1500);
  expect(lag.meanMs(2100)).toBe(0);
});

test("settings are those of production, and a name that nothing reads is refused", () => {
  const { drainWindowMs, admission, rates } = readSettings({ MAX_HANDSHAKES_PER_SECOND: "77" });

  expect([drainWindowMs, admission.handshakesPerSecond, admission.connections]).toEqual([60_000, 77, 20_000]);
  expect(rates.ipHandshakes).toEqual({ perSecond: 10, burst: 50 });
  expect(() => readSettings({ MAX_HANDSHAKE_PER_SECOND: "1" })).toThrow(
    "was MAX_HANDSHAKES_PER_SECOND meant?",
  );
  expect(() => readSettings({ DRAIN_WINDOW_MS: "soon" })).toThrow("DRAIN_WINDOW_MS must be a whole number");
});
