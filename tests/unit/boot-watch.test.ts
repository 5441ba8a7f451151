import { createBootWatch } from "../../src/engine/cluster/boot-watch.js";

const NEVER_WAITED = (): number => 0;

describe("the watch over a worker's start", () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  test("takes a worker for hung once, after 60 s in which it reached no further stage, and names the last one", () => {
    const hung: string[] = [];
    const watch = createBootWatch((reason) => hung.push(reason), NEVER_WAITED);
    jest.advanceTimersByTime(50_000);
    watch.reached("mongodb");

    jest.advanceTimersByTime(59_999);
    expect(hung).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(hung).toEqual(['not ready: no further stage of its start for 60000 ms after "mongodb"']);
    jest.advanceTimersByTime(200_000);
    expect(hung).toHaveLength(1);
  });

  test("lets a start last for ten minutes, as long as it goes on", () => {
    const hung: string[] = [];
    const watch = createBootWatch((reason) => hung.push(reason), NEVER_WAITED);
    for (let stage = 1; stage <= 12; stage += 1) {
      jest.advanceTimersByTime(50_000);
      watch.reached(`part ${stage}`);
    }

    expect(hung).toEqual([]);
    watch.end();
  });

  test("does not count what the worker has waited for a processor", () => {
    const hung: string[] = [];
    let waitedMs = 5000;
    const watch = createBootWatch(
      (reason) => hung.push(reason),
      () => waitedMs,
    );
    for (let second = 1; second <= 200; second += 1) {
      waitedMs += 900;
      jest.advanceTimersByTime(1000);
    }
    expect(hung).toEqual([]);

    watch.reached("mongodb"); // what it has waited before does not count for the next stage
    jest.advanceTimersByTime(59_999);
    expect(hung).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(hung).toHaveLength(1);
  });

  test("says nothing of a worker that is ready or has ended, and leaves no timer", () => {
    const hung: string[] = [];
    const watch = createBootWatch((reason) => hung.push(reason), NEVER_WAITED);
    watch.end();
    watch.end();
    watch.reached("late news");

    jest.advanceTimersByTime(200_000);
    expect(hung).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
  });
});

test("time in which the primary itself was held up does not count as silence of the worker", async () => {
  let isHung = false;
  const watch = createBootWatch(
    () => {
      isHung = true;
    },
    NEVER_WAITED,
    { lookEveryMs: 10, silentLooks: 10 },
  );
  const heldUpUntil = performance.now() + 300; // three times what would be silence
  while (performance.now() < heldUpUntil);

  await new Promise((resolve) => setTimeout(resolve, 1));
  expect(isHung).toBe(false);
  watch.end();
});
