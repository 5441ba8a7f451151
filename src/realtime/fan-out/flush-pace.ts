/** Longest wait for more to send together, in milliseconds. */
const LONGEST_WAIT_MS = 8;
/** How many times as long as the last flush took the next one waits. */
const WAIT_PER_WORK = 2;
/** Share of the time below which flushing is no load. */
const BUSY_SHARE = 0.3;
/** Weight of the newest flush in the mean share: some ten flushes are remembered. */
const SMOOTHING = 0.2;

/** When what has gathered is sent. */
export interface FlushPace {
  /** Something has gathered. */
  schedule(): void;
  /** Without effect from now on; what has gathered is sent at once. */
  stop(): void;
}

/**
 * Sends at the end of the event loop's turn as long as flushing takes little of the time. Under load it waits twice as long as
 * the last flush took, so that two thirds of the time are left to everything else and each flush carries more for the same
 * number of system calls: latency is given only where there is a queue anyway, and no more than {@link LONGEST_WAIT_MS}.
 */
export function createFlushPace(flush: () => void): FlushPace {
  let immediate: NodeJS.Immediate | undefined;
  let timer: NodeJS.Timeout | undefined;
  let endedMs = performance.now();
  let notBeforeMs = 0;
  let busyShare = 0;

  function run(): void {
    immediate = undefined;
    timer = undefined;
    const startMs = performance.now();
    flush();
    const endMs = performance.now();
    const workMs = endMs - startMs;
    busyShare += SMOOTHING * (workMs / (endMs - endedMs) - busyShare);
    endedMs = endMs;
    const waitMs = busyShare < BUSY_SHARE ? 0 : Math.min(workMs * WAIT_PER_WORK, LONGEST_WAIT_MS);
    notBeforeMs = endMs + waitMs;
  }

  return {
    schedule() {
      if (immediate !== undefined || timer !== undefined) return;
      const waitMs = notBeforeMs - performance.now();
      // A timer has a resolution of a millisecond.
      if (waitMs < 1) immediate = setImmediate(run);
      else timer = setTimeout(run, waitMs);
    },
    stop() {
      clearImmediate(immediate);
      clearTimeout(timer);
      run();
    },
  };
}
