/** Longest wait for more to send together, in milliseconds. */
const LONGEST_WAIT_MS = 8;
/** Share of the time up to which flushing leaves enough to everything else. */
const BUSY_SHARE = 0.5;
/** By how many times its own work a flush is put off for each whole of the time above that share. */
const WAIT_PER_EXCESS = 8;
/** Weight of the newest flush in the means: some ten flushes are remembered. */
const SMOOTHING = 0.2;

/** When what has gathered is sent. */
export interface FlushPace {
  /** Something has gathered. */
  schedule(): void;
  /** Without effect from now on; what has gathered is sent at once. */
  stop(): void;
}

/**
 * Sends at the end of the event loop's turn as long as flushing takes no more than half of the time. Beyond, it waits the longer the
 * more it takes, which settles below three fifths: the rest is left to everything else, and each flush carries more for the same number
 * of system calls. Latency is given only where there is a queue anyway, and no more than {@link LONGEST_WAIT_MS}.
 */
export function createFlushPace(flush: () => void): FlushPace {
  let immediate: NodeJS.Immediate | undefined;
  let timer: NodeJS.Timeout | undefined;
  let endedMs = performance.now();
  let notBeforeMs = 0;
  // Two means, and not one of their ratio: of two messages close together the second seems to take all of the time.
  let meanWorkMs = 0;
  let meanCycleMs = LONGEST_WAIT_MS;

  function run(): void {
    immediate = undefined;
    timer = undefined;
    const startMs = performance.now();
    flush();
    const endMs = performance.now();
    const workMs = endMs - startMs;
    meanWorkMs += SMOOTHING * (workMs - meanWorkMs);
    meanCycleMs += SMOOTHING * (endMs - endedMs - meanCycleMs);
    endedMs = endMs;
    const excess = Math.max(0, meanWorkMs / meanCycleMs - BUSY_SHARE);
    notBeforeMs = endMs + Math.min(workMs * excess * WAIT_PER_EXCESS, LONGEST_WAIT_MS);
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
