/** Requests of one socket that are open at a time, of all rooms. */
const MOST_OPEN = 12;
/**
 * These and the refusals of the last seconds together. The server closes a connection that it refuses twenty requests within five seconds:
 * with so few at risk there cannot be twenty, whatever it refuses, and the app's own may be among them.
 */
const MOST_AT_RISK = 16;
const REMEMBERED_MS = 6000;
/** The time in which the gap between requests becomes half of what it was, so that it is found out what is allowed by now. */
const HALVING_MS = 5000;
/** How much longer the gap is than the one that was too short. */
const LONGER = 1.25;
const LONGEST_GAP_MS = 5000;

/** What all rooms of a socket share, as its user has one rate. */
export function createLane() {
  let open = 0;
  let gapMs = 0; // when it was slowed
  let slowedAt = -Infinity;
  let notBefore = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const refusedAt: number[] = [];
  const waiting: (() => boolean)[] = [];
  const gapAt = (now: number) => gapMs * 2 ** ((slowedAt - now) / HALVING_MS);

  /** When so much is forgotten that one more may be at risk. */
  function safeAt(now: number): number {
    while ((refusedAt[0] ?? now) < now - REMEMBERED_MS) refusedAt.shift();
    return (refusedAt[open + refusedAt.length - MOST_AT_RISK] ?? -Infinity) + REMEMBERED_MS;
  }

  function next(): void {
    clearTimeout(timer);
    while (waiting.length > 0 && open < MOST_OPEN) {
      const now = performance.now();
      const waitMs = Math.max(notBefore, safeAt(now)) - now;
      if (waitMs > 0) {
        timer = setTimeout(next, waitMs);
        return;
      }
      open += 1;
      if (waiting.shift()?.()) notBefore = now + gapAt(now);
      else open -= 1;
    }
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
    /** A request of that time was refused for its rate, so much too early: there is a longer gap from now on. Those that were open together count once. */
    slow(askedAt: number, retryAfterMs = 0): void {
      const now = performance.now();
      const beforeMs = gapAt(now);
      const neededMs =
        askedAt > slowedAt ? LONGER * beforeMs + retryAfterMs : Math.max(beforeMs, retryAfterMs);
      gapMs = Math.min(LONGEST_GAP_MS, neededMs);
      slowedAt = now;
      notBefore = Math.max(notBefore, now + Math.min(LONGEST_GAP_MS, retryAfterMs));
      refusedAt.push(now);
    },
  };
}
export type Lane = ReturnType<typeof createLane>;
