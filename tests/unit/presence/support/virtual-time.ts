import type { Clock } from "../../../../src/engine/rooms/ports.js";

interface Timer {
  readonly dueAtMs: number;
  readonly owner: object;
  readonly task: () => void;
}

/** The clock of one process that can be held. */
export interface ProcessClock {
  readonly clock: Clock;
  /** As SIGSTOP: no timer fires until `wake`, and never without it. */
  pause(): void;
  wake(): void;
}

export interface VirtualTime {
  /** A clock of its own, whose time began `offsetMs` earlier than that of the others. */
  process(offsetMs?: number): ProcessClock;
  /** Lets the time pass, with all that happens in it. */
  advance(ms: number): Promise<void>;
  now(): number;
}

/** Time that passes when the test says so. `random` is that of the clocks. */
export function createVirtualTime(random: () => number = () => 0.5): VirtualTime {
  const timers = new Set<Timer>();
  const paused = new Set<object>();
  let nowMs = 0;

  function nextDue(untilMs: number): Timer | undefined {
    const due = [...timers].filter(({ dueAtMs, owner }) => dueAtMs <= untilMs && !paused.has(owner));
    return due.toSorted((one, other) => one.dueAtMs - other.dueAtMs)[0];
  }

  function process(offsetMs = 0): ProcessClock {
    const owner = {};
    function later(ms: number, task: () => void): () => void {
      const timer = { dueAtMs: nowMs + ms, owner, task };
      timers.add(timer);
      return () => void timers.delete(timer);
    }
    const now = () => nowMs + offsetMs;
    const sleep = (ms: number) => new Promise<void>((resolve) => later(ms, resolve));
    return {
      clock: { now, date: now, sleep, later, random },
      pause: () => void paused.add(owner),
      wake: () => void paused.delete(owner),
    };
  }

  return {
    process,
    now: () => nowMs,
    async advance(ms) {
      const untilMs = nowMs + ms;
      await settled();
      for (let timer = nextDue(untilMs); timer !== undefined; timer = nextDue(untilMs)) {
        nowMs = Math.max(nowMs, timer.dueAtMs);
        timers.delete(timer);
        timer.task();
        await settled();
      }
      nowMs = untilMs;
    },
  };
}

/** All promises that can settle by themselves have done so. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
