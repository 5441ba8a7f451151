const TICK_MS = 4;
/** What a busy process may make up for; the rest is told as not done. */
const CATCH_UP_MS = 250;

export interface Pacer {
  stop(): void;
}

/**
 * Calls `act` at an even rate per second, whatever becomes of the calls before: a slow server does not slow the load
 * down. What is more than 250 ms late is given up and told to `skip`.
 */
export function createPacer(ratePerSecond: number, act: () => void, skip: () => void): Pacer {
  const startMs = performance.now();
  let done = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startMs) * ratePerSecond) / 1000);
    const limit = Math.ceil((ratePerSecond * CATCH_UP_MS) / 1000);
    for (; due - done > limit; done += 1) skip();
    for (; done < due; done += 1) act();
  }, TICK_MS);
  return { stop: () => clearInterval(timer) };
}

/** Calls `act` with 0 to `count - 1`, spread evenly over `durationMs`. */
export function createRamp(count: number, durationMs: number, act: (index: number) => void): Pacer {
  const startMs = performance.now();
  let done = 0;
  const timer = setInterval(() => {
    const share = durationMs === 0 ? 1 : Math.min(1, (performance.now() - startMs) / durationMs);
    for (; done < Math.ceil(share * count); done += 1) act(done);
    if (done === count) clearInterval(timer);
  }, TICK_MS);
  return { stop: () => clearInterval(timer) };
}
