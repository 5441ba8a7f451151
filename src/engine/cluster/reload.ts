import type { Config } from "../config/config.js";
import type { Logger } from "../process/logger.js";
import { waitAtMost } from "../process/wait-at-most.js";
import type { PoolWorker } from "./pool-worker.js";

/** Time beyond the drain window in which workers report that they are drained, in milliseconds; a worker that hangs uses all of it. */
const DRAIN_SLACK_MS = 5000;
/** The same without a window, when there is nothing to wait for but the answer. */
const ANSWER_MS = 1000;

/** What a reload needs of the pool. */
export interface Succession {
  /** False as soon as the instance is to end. */
  isServing(): boolean;
  current(slot: number): PoolWorker | undefined;
  /** Gives the slot to a new worker once that one is ready. Rejects when it does not start: the old one keeps it. */
  succeed(slot: number, old: PoolWorker): Promise<void>;
}

/**
 * Replaces the workers of all slots, one after the other. A call while one is under way has another one follow, as the code may be newer
 * than what the first of its workers have loaded; all calls until then share that one.
 */
export function createReload(config: Config, pool: Succession, log: Logger): () => Promise<void> {
  let reloading: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  async function reloadAll(): Promise<void> {
    for (let slot = 1; slot <= config.workers && pool.isServing(); slot += 1) {
      const old = pool.current(slot);
      if (old === undefined) continue; // being replaced anyway
      await pool.succeed(slot, old);
      await drainAll([old], config);
      old.retire();
      const timer = setTimeout(old.kill, config.shutdownTimeoutMs);
      await old.ended;
      clearTimeout(timer);
      log.info({ worker: slot }, "worker replaced");
    }
  }

  function begin(): Promise<void> {
    next = undefined;
    reloading = reloadAll().finally(() => {
      reloading = undefined;
    });
    return reloading;
  }

  return () => {
    if (reloading === undefined) return begin();
    next ??= reloading.catch(() => {}).then(begin);
    return next;
  };
}

/** Has the workers send their clients away; resolves when they are done, gone or late. */
export async function drainAll(workers: readonly PoolWorker[], config: Config): Promise<void> {
  const { drainWindowMs } = config;
  const timeoutMs = drainWindowMs === 0 ? ANSWER_MS : drainWindowMs + DRAIN_SLACK_MS;
  await waitAtMost(Promise.all(workers.map((worker) => worker.drain())), timeoutMs);
}
