import { setImmediate as nextTurn } from "node:timers/promises";
import { createFlushPace, type FlushPace } from "../../src/engine/realtime/fan-out/flush-pace.js";

let nowMs: number;
let flushes: number;
let workMs: number;
/** Messages that wait, all for the same connections. */
let gathered: number;
let pace: FlushPace;

beforeEach(() => {
  nowMs = 1000;
  flushes = 0;
  workMs = 0;
  gathered = 0;
  jest.spyOn(performance, "now").mockImplementation(() => nowMs);
  pace = createFlushPace(() => {
    flushes += 1;
    nowMs += workMs;
    const messagesPerWrite = gathered;
    gathered = 0;
    return messagesPerWrite;
  });
});

afterEach(() => {
  pace.stop();
  jest.restoreAllMocks();
});

/** Something gathers after a while; returns whether it is sent at the end of the turn. */
async function gather(afterMs: number): Promise<boolean> {
  nowMs += afterMs;
  const before = flushes;
  gathered += 1;
  pace.schedule();
  await nextTurn();
  return flushes > before;
}

test("what gathers is sent at the end of the turn, and once", async () => {
  pace.schedule();
  pace.schedule();
  expect(flushes).toBe(0);
  await nextTurn();
  await nextTurn();
  expect(flushes).toBe(1);
});

test("messages that come in pairs wait for nothing as long as flushing takes less than half of the time", async () => {
  workMs = 3;
  for (let pair = 0; pair < 200; pair += 1) {
    await expect(gather(10)).resolves.toBe(true);
    await expect(gather(0)).resolves.toBe(true);
  }
});

test("when flushing takes most of the time, the next one is put off, and what waits is sent at the stop", async () => {
  workMs = 5;
  const wasSent: boolean[] = [];
  while (wasSent.length < 200 && !wasSent.includes(false)) wasSent.push(await gather(1));
  expect(wasSent).toContain(false);

  pace.stop();
  expect(flushes).toBe(wasSent.length);
});

test("what counts is what messages would take one by one, not what they take together", async () => {
  workMs = 3;
  for (let turn = 0; turn < 200; turn += 1) await expect(gather(4)).resolves.toBe(true);

  const wasSent: boolean[] = [];
  while (wasSent.length < 200 && !wasSent.includes(false)) {
    gathered += 1; // two in each turn from now on
    wasSent.push(await gather(4));
  }
  expect(wasSent).toContain(false);
});

test("a pause does not hide the load that comes after it", async () => {
  workMs = 5;
  nowMs += 3_600_000;
  const wasSent: boolean[] = [];
  while (wasSent.length < 200 && !wasSent.includes(false)) wasSent.push(await gather(1));
  expect(wasSent).toContain(false);
});
