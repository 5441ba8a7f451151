import type { PoolWorker } from "../../src/engine/cluster/pool-worker.js";
import { createReload, type Succession } from "../../src/engine/cluster/reload.js";
import { readConfig } from "../../src/engine/config/config.js";
import { createLogger } from "../../src/engine/process/logger.js";

/** One slot, whose worker is replaced when the test says so. */
function onePool() {
  const replaced: (() => void)[] = [];
  const old = { drain: async () => {}, retire() {}, kill() {}, ended: Promise.resolve() };
  const pool: Succession = {
    isServing: () => true,
    current: () => old as unknown as PoolWorker,
    succeed: () => new Promise((resolve) => replaced.push(resolve)),
  };
  const config = { ...readConfig({}), workers: 1 };
  return { replaced, reload: createReload(config, pool, createLogger("silent")) };
}

test("whoever asks for a reload while one is under way gets one more that begins after it, shared by all who ask", async () => {
  const { replaced, reload } = onePool();
  const first = reload();
  const second = reload();
  const third = reload();
  expect(replaced).toHaveLength(1);

  replaced[0]?.();
  await first;
  await new Promise(setImmediate);
  expect(replaced).toHaveLength(2);
  replaced[1]?.();
  await Promise.all([second, third]);
  await new Promise(setImmediate);
  expect(replaced).toHaveLength(2);
});

test("a reload that was asked for meanwhile follows one that failed, too", async () => {
  const replaced: ((error?: Error) => void)[] = [];
  const pool: Succession = {
    isServing: () => true,
    current: () => ({ drain: async () => {}, retire() {}, kill() {}, ended: Promise.resolve() }) as never,
    succeed: () =>
      new Promise((resolve, reject) => replaced.push((error) => (error ? reject(error) : resolve()))),
  };
  const reload = createReload({ ...readConfig({}), workers: 1 }, pool, createLogger("silent"));
  const first = reload();
  const second = reload();

  replaced[0]?.(new Error("does not start"));
  await expect(first).rejects.toThrow("does not start");
  await new Promise(setImmediate);
  replaced[1]?.();
  await expect(second).resolves.toBeUndefined();
});
