import type { Clock } from "../../../../src/engine/rooms/ports.js";

/** Chance that a seed repeats. */
export interface Chance {
  /** Uniform in [0, 1). */
  next(): number;
  between(low: number, high: number): number;
  /** True with the given probability. */
  hits(probability: number): boolean;
  pick<T>(values: readonly T[]): T;
}

export function createChance(seed: number): Chance {
  let state = seed >>> 0;
  /** mulberry32 */
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  for (let warmUp = 0; warmUp < 5; warmUp += 1) next();
  return {
    next,
    between: (low, high) => low + (high - low) * next(),
    hits: (probability) => next() < probability,
    pick: (values) => values[Math.floor(next() * values.length)] as (typeof values)[number],
  };
}

interface Task {
  readonly at: number;
  readonly order: number;
  run: (() => void) | undefined;
}

/** Time that passes only from one task to the next. */
export interface VirtualTime {
  readonly now: number;
  /** Tasks still to come. */
  readonly pending: number;
  /** Runs the task after `ms`; the returned function cancels it. */
  later(ms: number, task: () => void): () => void;
  /** Lets time pass until `end`, or until `enough` holds; after each task all promises get their turn. */
  run(end: number, enough?: () => boolean): Promise<void>;
}

/** Lets all promises that can go on do so. */
function turns(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export function createVirtualTime(): VirtualTime {
  const heap: Task[] = [];
  let now = 0;
  let order = 0;
  let pending = 0;

  const isBefore = (a: Task, b: Task): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

  function push(task: Task): void {
    let index = heap.push(task) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(task, heap[parent] as Task)) break;
      heap[index] = heap[parent] as Task;
      index = parent;
    }
    heap[index] = task;
  }

  function pop(): Task | undefined {
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || top === last) return top;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Task, heap[child] as Task)) child += 1;
      if (!isBefore(heap[child] as Task, last)) break;
      heap[index] = heap[child] as Task;
      index = child;
    }
    heap[index] = last;
    return top;
  }

  return {
    get now() {
      return now;
    },
    get pending() {
      return pending;
    },
    later(ms, run) {
      const task: Task = { at: now + Math.max(0, ms), order: order++, run };
      pending += 1;
      push(task);
      return () => {
        if (task.run === undefined) return;
        task.run = undefined;
        pending -= 1;
      };
    },
    async run(end, enough = () => false) {
      await turns();
      while ((heap[0]?.at ?? Infinity) <= end) {
        const task = pop();
        if (task?.run === undefined) continue;
        now = task.at;
        const { run } = task;
        task.run = undefined;
        pending -= 1;
        run();
        await turns();
        if (enough()) return;
      }
      now = Math.max(now, end);
    },
  };
}

/** A process's view of the time: it stands still while the process is paused, and ends with it. */
export interface ProcessClock extends Clock {
  /** Stops all tasks for good. */
  kill(): void;
  pause(): void;
  /** Runs what became due meanwhile. */
  resume(): void;
  readonly state: "running" | "paused" | "dead";
  /** Runs the task now, after the pause, or never. */
  enter(task: () => void): void;
}

/** The store's clock at the start, in ms since the epoch. */
export const START_MS = 1_700_000_000_000;

/** A process whose wall clock is wrong by `skewMs`. */
export function createProcessClock(time: VirtualTime, chance: Chance, skewMs = 0): ProcessClock {
  let state: ProcessClock["state"] = "running";
  let waiting: (() => void)[] = [];

  function enter(task: () => void): void {
    if (state === "running") task();
    else if (state === "paused") waiting.push(task);
  }

  function later(ms: number, task: () => void): () => void {
    let cancelled = false;
    const cancel = time.later(ms, () =>
      enter(() => {
        if (!cancelled) task();
      }),
    );
    return () => {
      cancelled = true;
      cancel();
    };
  }

  return {
    now: () => time.now,
    date: () => START_MS + time.now + skewMs,
    sleep: (ms) => new Promise((resolve) => later(ms, resolve)),
    later,
    random: chance.next,
    enter,
    get state() {
      return state;
    },
    kill() {
      state = "dead";
      waiting = [];
    },
    pause() {
      if (state === "running") state = "paused";
    },
    resume() {
      if (state !== "paused") return;
      state = "running";
      // Timers are due before what the network brought, as in Node; both one by one.
      const due = waiting;
      waiting = [];
      due.forEach((task, index) => {
        time.later(index * 0.001, () => enter(task));
      });
    },
  };
}
