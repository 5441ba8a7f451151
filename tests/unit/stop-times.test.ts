import { stopTimesOf } from "../../src/engine/process/stop-times.js";

const SHORTEST_MS = 1000;

describe.each([SHORTEST_MS, 3000, 10_000, 60_000, 3_600_000])("of a stop of %i ms", (shutdownTimeoutMs) => {
  const times = stopTimesOf(shutdownTimeoutMs);
  const { acceptingMs, workersMs, flushMs, mongodbMs } = times;
  const lastMs = times.featuresMs + times.goodbyeMs + times.storesMs + times.spansMs;
  const firstMs = times.arrivalsMs + times.firstRequestsMs;
  const workerMs = firstMs + times.relaysMs + times.requestsMs + times.farewellMs + lastMs;

  test("all steps of a worker end before it is killed", () => {
    expect(workerMs).toBeLessThan(workersMs);
  });

  test("who waits for a commit is answered while open requests are waited for", () => {
    expect(times.beginningsMs).toBeLessThan(times.commitsMs);
    expect(times.commitsMs).toBeLessThan(times.requestsMs);
  });

  test("all steps of a process without a primary end in time", () => {
    expect(acceptingMs + workerMs + mongodbMs).toBeLessThan(shutdownTimeoutMs);
  });

  test("workers that are killed leave the primary time for what follows", () => {
    for (const last of [flushMs, mongodbMs])
      expect(acceptingMs + workersMs + last).toBeLessThanOrEqual(shutdownTimeoutMs);
  });
});

test("a stop with much time waits for the kernel and for first requests no longer than one with little", () => {
  const [usual, long] = [stopTimesOf(10_000), stopTimesOf(3_600_000)];

  expect(long).toMatchObject({ acceptingMs: 1000, firstRequestsMs: 500 });
  expect(usual).toMatchObject({ acceptingMs: 1000, firstRequestsMs: 500 });
});
