/** Longest wait for more to send together, in milliseconds. */
const LONGEST_WAIT_MS = 8;
/** How many times as long as the last flush took the next one waits. */
const WAIT_PER_WORK = 2;

/** When what has gathered is sent. */
export interface FlushPace {
  /** Something has gathered. */
  schedule(): void;
  /** Without effect from now on; what has gathered is sent at once. */
  stop(): void;
}

/**
 * Sends at the end of the event loop's turn when there was little to do lately. Under load it waits twice as long as the last
 * flush took, so that flushing leaves two thirds of the time to everything else and each flush carries more for the same
 * number of system calls: latency is given only where there is a queue anyway, and no more than {@link LONGEST_WAIT_MS}.
 */
export function createFlushPace(flush: () => void): FlushPace {
  let immediate: NodeJS.Immediate | undefined;
  let timer: NodeJS.Timeout | undefined;
  let notBeforeMs = 0;

  function run(): void {
    immediate = undefined;
    timer = undefined;
    const startMs = performance.now();
    flush();
    const endMs = performance.now();
    notBeforeMs = endMs + Math.min((endMs - startMs) * WAIT_PER_WORK, LONGEST_WAIT_MS);
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
