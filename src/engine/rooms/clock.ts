import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";

/** Time and chance, injected so that a simulation can own them. */
export interface Clock {
  /** Monotonic time in ms, for waits and deadlines. */
  now(): number;
  /** Wall clock in ms since the epoch; only ever shown to people. */
  date(): number;
  /** 0 waits for the next turn of the event loop only. */
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
    sleep: (ms) => (ms <= 0 ? nextTurn() : delay(ms)),
    later(ms, task) {
      const timer = setTimeout(task, Math.max(0, ms)); // Node 24 warns of a negative delay
      return () => clearTimeout(timer);
    },
    random: () => Math.random(),
  };
}
