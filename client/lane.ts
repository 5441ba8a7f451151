/**
 * Requests of one socket that are open at a time, of all rooms. The server closes a connection that it has to refuse twenty requests
 * within five seconds: with so few, some are refused when there were too many, and the others wait.
 */
const MOST_OPEN = 12;

/** What all rooms of a socket share, as its user has one rate. */
export function createLane() {
  let most = MOST_OPEN;
  let open = 0;
  const waiting: (() => void)[] = [];

  function next(): void {
    while (open < most && waiting.length > 0) {
      open += 1;
      waiting.shift()?.();
    }
  }

  return {
    /** Runs the task now, or when those before it have left. Each has to leave. */
    enter(task: () => void): void {
      waiting.push(task);
      next();
    },
    leave(): void {
      open -= 1;
      next();
    },
    /** One at a time, after a request that was refused for its rate. */
    narrow(): void {
      most = 1;
    },
    /** One more, after a request that was not. */
    widen(): void {
      most = Math.min(MOST_OPEN, most + 1);
    },
  };
}
export type Lane = ReturnType<typeof createLane>;
