import { createHealth } from "../../src/services/health.js";
import { deferred } from "../support/wait.js";

const IDENTITY = { instance: "test", worker: 2 };
const store = (up: boolean) => ({ ping: async () => up });

test.each([
  ["ok", true, true, { mongo: "up", redis: "up" }],
  ["ok", true, undefined, { mongo: "up", redis: "off" }],
  ["degraded", true, false, { mongo: "up", redis: "down" }],
  ["unavailable", false, true, { mongo: "down", redis: "up" }],
  ["unavailable", false, false, { mongo: "down", redis: "down" }],
  ["unavailable", false, undefined, { mongo: "down", redis: "off" }],
])("is %s with MongoDB up: %p and Redis up: %p", async (status, mongo, redis, states) => {
  const health = createHealth(IDENTITY, store(mongo), redis === undefined ? undefined : store(redis));

  await expect(health.report()).resolves.toMatchObject({ status, ...states, ...IDENTITY });
});

test("gives the stores one second", async () => {
  const asked: number[] = [];
  const ping = async (timeoutMs: number) => asked.push(timeoutMs) > 0;

  await createHealth(IDENTITY, { ping }, { ping }).report();

  expect(asked).toEqual([1000, 1000]);
});

test("asks once for all who ask at the same time, and again for those who ask later", async () => {
  const answers = [deferred<boolean>(), deferred<boolean>()];
  let asked = 0;
  const ping = () => answers[asked++]?.promise ?? Promise.resolve(false);
  const health = createHealth(IDENTITY, { ping }, undefined);

  const together = [health.report(), health.report()];
  answers[0]?.resolve(true);
  for (const { status } of await Promise.all(together)) expect(status).toBe("ok");
  expect(asked).toBe(1);

  const later = health.report();
  answers[1]?.resolve(false);
  expect((await later).status).toBe("unavailable");
  expect(asked).toBe(2);
});
