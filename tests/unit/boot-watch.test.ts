import { createBootWatch } from "../../src/engine/cluster/boot-watch.js";

describe("the watch over a worker's start", () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  test("takes a worker for hung once, after 60 s in which it reached no further stage, and names the last one", () => {
    const hung: string[] = [];
    const watch = createBootWatch((reason) => hung.push(reason));
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
    const watch = createBootWatch((reason) => hung.push(reason));
    for (let stage = 1; stage <= 12; stage += 1) {
      jest.advanceTimersByTime(50_000);
      watch.reached(`part ${stage}`);
    }

    expect(hung).toEqual([]);
    watch.end();
  });

  test("says nothing of a worker that is ready or has ended, and leaves no timer", () => {
    const hung: string[] = [];
    const watch = createBootWatch((reason) => hung.push(reason));
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
    { lookEveryMs: 10, silentLooks: 10 },
  );
  const heldUpUntil = performance.now() + 300; // three times what would be silence
  while (performance.now() < heldUpUntil);

  await new Promise((resolve) => setTimeout(resolve, 1));
  expect(isHung).toBe(false);
  watch.end();
});
