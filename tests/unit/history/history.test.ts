import { createHistory } from "../../../src/engine/history/history.js";
import { readingOf } from "../../../src/engine/history/reading.js";
import { createSamples } from "../../../src/engine/history/samples.js";
import type { MetricFamily } from "../../../src/engine/ipc/messages.js";
import { createWorkerMetrics } from "../../../src/engine/metrics/worker-metrics.js";
import { onTestEnd } from "../../support/cleanup.js";
import { eventually } from "../../support/wait.js";

/** The metrics of a worker, as it has them. */
function worker() {
  const metrics = createWorkerMetrics(1);
  const events = metrics.ofEvents({ in: ["publish"], out: ["messages"] });
  metrics.show({
    connections: () => ({ websocket: 3, polling: 2 }),
    connectionsLimit: 10,
    streams: () => 0,
    lagMs: () => 20,
    mongo: { ping: async () => true },
    redis: { ping: async () => false, refusal: () => undefined },
  });
  return { ...metrics, events };
}

test("what operators look at first is read off the metrics of a worker", async () => {
  const { connections, limits, rooms, events, collect } = worker();
  for (const result of ["accepted", "overload", "rate"] as const) connections.handshake(result);
  for (const limit of ["events", "handshakes"] as const) limits.refused(limit); // the latter is a handshake's, too
  rooms.published(5);
  events.received("publish");
  events.sent("messages", 7);

  expect(readingOf(await collect())).toEqual({
    ...{ connections: 5, lagMs: 20, memoryBytes: 0, eventsIn: 1, eventsOut: 7, publishes: 1, refusals: 3 },
    ...{ mongo: "up", redis: "down" },
    refusedHandshakes: { draining: 0, full: 0, rate: 1, address: 0, overload: 1, refused: 0 },
  });
});

test("a sample has how many handshakes were refused since the one before, by why", async () => {
  let current = worker();
  let measured = 0;
  const measure = async () => {
    measured += 1;
    if (measured === 3) current = worker();
    if (measured <= 3)
      for (const result of ["rate", "rate", "accepted"] as const) current.connections.handshake(result);
    if (measured === 2) current.connections.handshake("refused");
    return new Map([[1, await current.collect()]]);
  };
  const samples = createSamples(measure, () => {}, 1);
  await samples.start();
  onTestEnd(samples.stop);

  await eventually(() => expect(samples.after(0).length).toBeGreaterThan(4));

  const counted = samples.after(0).map(({ refusedHandshakes }) => refusedHandshakes);
  expect(counted.slice(0, 4)).toEqual([undefined, { rate: 2, refused: 1 }, { rate: 2 }, undefined]);
});

test("samples have rates, also over a worker's replacement, and no more are kept than an hour has", async () => {
  let measured = 0;
  let current = worker();
  const measure = async () => {
    measured += 1;
    if (measured === 300) current = worker();
    current.events.sent("messages", 10);
    return new Map([[1, await current.collect()]]);
  };
  const samples = createSamples(measure, () => {}, 1);
  await samples.start();
  onTestEnd(samples.stop);

  await eventually(() => expect(measured).toBeGreaterThan(400), { withinMs: 60_000 });

  const kept = samples.after(0);
  expect(kept).toHaveLength(360);
  expect(kept.filter(({ eventsOut }) => eventsOut <= 0)).toEqual([]);
  expect(kept.at(-1)).toMatchObject({ workers: 1, connections: 5, lagMs: 20 });
  const times = kept.map(({ at }) => at);
  expect(samples.after(times[300] ?? 0).every(({ at }) => at > (times[300] ?? 0))).toBe(true);
});

describe("a history", () => {
  const since = new Date(Date.now() - 60_000).toISOString();
  const status = () =>
    [1, 2].map((slot) => ({ worker: slot, pid: 100 + slot, state: "ready" as const, since, restarts: 0 }));

  async function historyOf(families: ReadonlyMap<number, readonly MetricFamily[]>) {
    const history = createHistory({ instance: "i", status, measure: async () => families, onLook() {} });
    await history.start();
    onTestEnd(history.stop);
    await eventually(() => expect(history.report(0).samples).toHaveLength(1));
    return history;
  }

  test("names a worker that did not answer, and asks the worst of the others about stores", async () => {
    const history = await historyOf(new Map([[2, await worker().collect()]]));

    const { workers, stores } = history.report(0);

    expect(workers.map(({ isSilent, load }) => [isSilent, load?.connections])).toEqual([
      [true, undefined],
      [false, 5],
    ]);
    expect(stores).toEqual({ mongo: "up", redis: "down" });
    expect([...history.silent()]).toEqual([101]);
  });

  test("keeps the newest happenings, and no more of a reason than a line", async () => {
    const history = await historyOf(new Map());
    for (let slot = 1; slot <= 60; slot += 1) history.happened("ended", slot, "x".repeat(1000));

    const { happenings, stores } = history.report(0);

    expect(happenings).toHaveLength(50);
    expect(happenings[0]).toMatchObject({ what: "ended", worker: 60, detail: "x".repeat(200) });
    expect(stores).toEqual({ mongo: "unknown", redis: "unknown" });
  });
});
