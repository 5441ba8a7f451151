/** Longest wait for more to send together, in milliseconds. */
const LONGEST_WAIT_MS = 8;
/** Load (share of the time) up to which flushes are not delayed. */
const CALM_LOAD = 0.55;
/** Delay = last flush's duration × load above CALM_LOAD × this factor. */
const WAIT_PER_EXCESS = 24;
/** Weight of the newest flush in the exponential means, which cover some forty flushes. */
const SMOOTHING = 0.05;
/** A longer time between two flushes counts as this, in milliseconds: one long pause must not lower the load. */
const LONGEST_CYCLE_MS = 50;

/** When what has gathered is sent. */
export interface FlushPace {
  /** Something has gathered. */
  schedule(): void;
  /** Without effect from now on; what has gathered is sent at once. */
  stop(): void;
}

/**
 * Load is the share of the time that a worker would need to write each message by itself. Up to {@link CALM_LOAD} a flush runs at the end
 * of the event loop's turn. Above it, flushes are delayed in proportion to the excess: each carries more messages for the same number
 * of system calls. The delay is at most {@link LONGEST_WAIT_MS}, and arises only where messages would queue anyway.
 *
 * `flush` returns the mean number of messages per write.
 */
export function createFlushPace(flush: () => number): FlushPace {
  let immediate: NodeJS.Immediate | undefined;
  let timer: NodeJS.Timeout | undefined;
  let endedMs = performance.now();
  let notBeforeMs = 0;
  // Two means and their ratio, not a mean of ratios: of two messages close together the second seems to take all of the time.
  let meanWorkMs = 0;
  let meanCycleMs = LONGEST_CYCLE_MS;

  function run(): void {
    immediate = undefined;
    timer = undefined;
    const startMs = performance.now();
    const messagesPerWrite = flush();
    const endMs = performance.now();
    const workMs = endMs - startMs;
    // The load must not depend on the delay, or delays would begin and end in turns.
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
