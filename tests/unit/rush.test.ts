import { createRush, type MayKeep } from "../../src/worker/routing/rush.js";

let mayKeep: MayKeep;

beforeEach(() => {
  jest.useFakeTimers();
  mayKeep = createRush();
});

afterEach(() => {
  jest.useRealTimers();
});

/** How many of so many connections that come in one turn are kept. */
function kept(connections: number): number {
  const answers = Array.from({ length: connections }, mayKeep);
  jest.advanceTimersByTime(0); // the turn is over
  return answers.filter((answer) => answer).length;
}

test("of few connections none is kept, however long they come", () => {
  for (let window = 0; window < 10; window += 1) {
    expect(kept(199)).toBe(0);
    jest.advanceTimersByTime(251);
  }
});

test("of many at once some are kept when it turns out that they are many, but never all that waits", () => {
  expect(kept(200)).toBe(0);
  expect(kept(1000)).toBe(8);
  expect(kept(5)).toBe(5);
  expect(kept(9)).toBe(8);
});

test("while a rush lasts all are kept, and none any more after it", () => {
  kept(201);
  jest.advanceTimersByTime(251);
  expect(kept(300)).toBe(300);
  jest.advanceTimersByTime(251);
  expect(kept(50)).toBe(50);
  jest.advanceTimersByTime(251);
  expect(kept(50)).toBe(0);
});

test("a pause ends a rush", () => {
  kept(500);
  jest.advanceTimersByTime(501);
  expect(kept(50)).toBe(0);
});
