/**
 * Requests of one socket that are open at a time, of all rooms. The server closes a connection that it has to refuse twenty requests
 * within five seconds: with so few, some are refused when there were too many, and the others wait.
 */
const MOST_OPEN = 12;
/** So long after a refusal there is one request at a time: two bursts of refusals have to be further apart than the server remembers. */
const NARROW_MS = 10_000;
/** The time in which the gap between requests becomes half of what it was, so that it is found out what is allowed by now. */
const HALVING_MS = 5000;
/** The shortest gap after a refusal, and while several are open, which may be refused as well. */
const SHORTEST_GAP_MS = 20;
const SHORTEST_GAP_OF_MANY_MS = 100;
const LONGEST_GAP_MS = 5000;

/** What all rooms of a socket share, as its user has one rate. */
export function createLane() {
  let open = 0;
  let gapMs = 0; // when it was slowed
  let slowedAt = -Infinity;
  let notBefore = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const waiting: (() => boolean)[] = [];
  const isNarrow = (now: number) => now - slowedAt < NARROW_MS;
  const gapAt = (now: number) => gapMs && gapMs * 2 ** ((slowedAt - now) / HALVING_MS);

  function next(): void {
    while (waiting.length > 0) {
      const now = performance.now();
      if (open >= (isNarrow(now) ? 1 : MOST_OPEN)) return;
      if (now < notBefore) {
        if (timer === undefined) timer = setTimeout(wake, notBefore - now);
        return;
      }
      open += 1;
      if (waiting.shift()?.()) notBefore = now + gapAt(now);
      else open -= 1;
    }
  }

  function wake(): void {
    timer = undefined;
    next();
  }

  return {
    /** Runs the task now, or when those before it have left and the gap is over. Each that says it has asked has to leave. */
    enter(task: () => boolean): void {
      waiting.push(task);
      next();
    },
    leave(): void {
      open -= 1;
      next();
    },
    /** A request of that time was refused for its rate: requests keep a gap, twice as long as before. Those that were open together count once. */
    slow(askedAt: number, retryAfterMs = 0): void {
      const now = performance.now();
      const isAgain = isNarrow(now);
      const beforeMs = gapAt(now);
      const leastMs = open > 1 ? SHORTEST_GAP_OF_MANY_MS : SHORTEST_GAP_MS;
      const isNew = askedAt > slowedAt;
      const grownMs = isNew ? 2 * beforeMs : beforeMs;
      gapMs = Math.min(LONGEST_GAP_MS, Math.max(grownMs, retryAfterMs, leastMs));
      slowedAt = now;
      if (isAgain && isNew) notBefore = now + gapMs;
    },
  };
}
export type Lane = ReturnType<typeof createLane>;
