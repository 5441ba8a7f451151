import { createHealth } from "../../src/app/health/health.service.js";
import { deferred } from "../support/wait.js";

const IDENTITY = { instance: "test", worker: 2 };
const NO_TOKENS = { keysAgeMs: () => undefined, revocationsAgeMs: () => undefined };
const store = (up: boolean, refusal?: string) => ({ ping: async () => up, refusal: () => refusal });

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ["nextTick", "setImmediate"] });
});
afterEach(() => {
  jest.useRealTimers();
});

test.each([
  ["ok", true, true, { mongo: "up", redis: "up" }],
  ["ok", true, undefined, { mongo: "up", redis: "off" }],
  ["degraded", true, false, { mongo: "up", redis: "down" }],
  ["unavailable", false, true, { mongo: "down", redis: "up" }],
  ["unavailable", false, false, { mongo: "down", redis: "down" }],
  ["unavailable", false, undefined, { mongo: "down", redis: "off" }],
])("is %s with MongoDB up: %p and Redis up: %p", async (status, mongo, redis, states) => {
  const stores = { mongo: store(mongo), redis: redis === undefined ? undefined : store(redis) };
  const health = createHealth(IDENTITY, stores, NO_TOKENS);

  await expect(health.report()).resolves.toMatchObject({ status, ...states, ...IDENTITY });
});

test("gives the stores one second", async () => {
  const asked: number[] = [];
  const ping = async (timeoutMs: number) => asked.push(timeoutMs) > 0;

  const stores = { mongo: { ping }, redis: { ping, refusal: () => undefined } };
  await createHealth(IDENTITY, stores, NO_TOKENS).report();

  expect(asked).toEqual([1000, 1000]);
});

test("is degraded by a Redis that refuses, with the code of its reply", async () => {
  const stores = { mongo: store(true), redis: store(false, "NOPERM") };
  const health = createHealth(IDENTITY, stores, NO_TOKENS);

  await expect(health.report()).resolves.toMatchObject({
    status: "degraded",
    redis: "refused",
    redisRefusal: "NOPERM",
  });
});

test.each([
  ["ok", 15 * 60_000, 30_000, { tokenKeys: "fresh", revocations: "fresh" }],
  ["degraded", 15 * 60_000 + 1, 0, { tokenKeys: "stale", revocations: "fresh" }],
  ["degraded", Number.POSITIVE_INFINITY, 0, { tokenKeys: "stale" }],
  ["degraded", undefined, 30_001, { tokenKeys: "off", revocations: "stale" }],
  ["ok", undefined, undefined, { tokenKeys: "off", revocations: "off" }],
])("is %s with keys of %p ms and revocations of %p ms", async (status, keysMs, revocationsMs, states) => {
  const tokens = { keysAgeMs: () => keysMs, revocationsAgeMs: () => revocationsMs };
  const health = createHealth(IDENTITY, { mongo: store(true), redis: undefined }, tokens);

  await expect(health.report()).resolves.toMatchObject({ status, ...states });
});

test("asks once for all who ask while it waits for an answer, however long, and in the second after it", async () => {
  const answers = [deferred<boolean>(), deferred<boolean>()];
  let asked = 0;
  const ping = () => answers[asked++]?.promise ?? Promise.resolve(false);
  const health = createHealth(IDENTITY, { mongo: { ping }, redis: undefined }, NO_TOKENS);

  const together = [health.report()];
  jest.advanceTimersByTime(5000);
  together.push(health.report());
  answers[0]?.resolve(true);
  for (const { status } of await Promise.all(together)) expect(status).toBe("ok");
  jest.advanceTimersByTime(999);
  expect((await health.report()).status).toBe("ok");
  expect(asked).toBe(1);

  jest.advanceTimersByTime(1);
  const later = [health.report(), health.report()];
  answers[1]?.resolve(false);
  for (const { status } of await Promise.all(later)) expect(status).toBe("unavailable");
  expect(asked).toBe(2);
});
