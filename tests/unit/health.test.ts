import { createHealth } from "../../src/app/health/health.service.js";
import { deferred } from "../support/wait.js";

const IDENTITY = { instance: "test", worker: 2 };
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
  const health = createHealth(IDENTITY, {
    mongo: store(mongo),
    redis: redis === undefined ? undefined : store(redis),
  });

  await expect(health.report()).resolves.toMatchObject({ status, ...states, ...IDENTITY });
});

test("gives the stores one second", async () => {
  const asked: number[] = [];
  const ping = async (timeoutMs: number) => asked.push(timeoutMs) > 0;

  await createHealth(IDENTITY, { mongo: { ping }, redis: { ping, refusal: () => undefined } }).report();

  expect(asked).toEqual([1000, 1000]);
});

test("is degraded by a Redis that refuses, with the code of its reply", async () => {
  const health = createHealth(IDENTITY, { mongo: store(true), redis: store(false, "NOPERM") });

  await expect(health.report()).resolves.toMatchObject({
    status: "degraded",
    redis: "refused",
    redisRefusal: "NOPERM",
  });
});

test("asks once for all who ask while it waits for an answer, however long, and in the second after it", async () => {
  const answers = [deferred<boolean>(), deferred<boolean>()];
  let asked = 0;
  const ping = () => answers[asked++]?.promise ?? Promise.resolve(false);
  const health = createHealth(IDENTITY, { mongo: { ping }, redis: undefined });

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
