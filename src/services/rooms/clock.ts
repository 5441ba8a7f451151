import { setTimeout as delay } from "node:timers/promises";

/** Time and chance, injected so that a simulation can own them. */
export interface Clock {
  /** Monotonic time in ms, for waits and deadlines. */
  now(): number;
  /** Wall clock in ms since the epoch; only shown to people and used by retention. */
  date(): number;
  sleep(ms: number): Promise<void>;
  /** Runs the task once after `ms`; the returned function cancels it. */
  later(ms: number, task: () => void): () => void;
  /** Uniform in [0, 1), for jitter. */
  random(): number;
}

export function systemClock(): Clock {
  return {
    now: () => performance.now(),
    date: () => Date.now(),
    sleep: (ms) => delay(ms),
    later(ms, task) {
      const timer = setTimeout(task, ms);
      return () => clearTimeout(timer);
    },
    random: () => Math.random(),
  };
}
