/** Longest wait for more to send together, in milliseconds. */
const LONGEST_WAIT_MS = 8;
/** Load up to which everything is sent at once. */
const CALM_LOAD = 0.55;
/** By how many times its own work a flush is put off for each whole of the load above that. */
const WAIT_PER_EXCESS = 24;
/** Weight of the newest flush in the means: some forty flushes are remembered. */
const SMOOTHING = 0.05;
/** A longer pause counts as this, in milliseconds: what comes after it is not to be taken for calm. */
const LONGEST_CYCLE_MS = 50;

/** When what has gathered is sent. */
export interface FlushPace {
  /** Something has gathered. */
  schedule(): void;
  /** Without effect from now on; what has gathered is sent at once. */
  stop(): void;
}

/**
 * Sends at the end of the event loop's turn as long as a worker that sent each message by itself would be busy with it for little more
 * than half of the time. Beyond, it waits the longer the more that would be: each flush carries more for the same number of system
 * calls. Latency is given only where there would be a queue anyway, and no more than {@link LONGEST_WAIT_MS}.
 *
 * `flush` returns how many messages it has put into a write in the mean.
 */
export function createFlushPace(flush: () => number): FlushPace {
  let immediate: NodeJS.Immediate | undefined;
  let timer: NodeJS.Timeout | undefined;
  let endedMs = performance.now();
  let notBeforeMs = 0;
  // Two means, and not one of their ratio: of two messages close together the second seems to take all of the time.
  let meanWorkMs = 0;
  let meanCycleMs = LONGEST_CYCLE_MS;

  function run(): void {
    immediate = undefined;
    timer = undefined;
    const startMs = performance.now();
    const messagesPerWrite = flush();
    const endMs = performance.now();
    const workMs = endMs - startMs;
    // The load must not depend on the waiting, which would begin and end in turns.
    meanWorkMs += SMOOTHING * (workMs * messagesPerWrite - meanWorkMs);
    meanCycleMs += SMOOTHING * (Math.min(endMs - endedMs, LONGEST_CYCLE_MS) - meanCycleMs);
    endedMs = endMs;
    const excess = Math.max(0, meanWorkMs / meanCycleMs - CALM_LOAD);
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
