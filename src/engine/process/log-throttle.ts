/** Time between two lines about the same, in milliseconds: what clients bring about must not fill the log. */
const REPEAT_MS = 60_000;
/** Most subjects that are remembered. */
const MOST_SUBJECTS = 100;

/**
 * Says when to log what may happen often. Each call is one more of the subject; the first is told at once, and then at most one a minute.
 * Returns how many there were since the last line, or undefined for no line now. `nowMs` is monotonic.
 */
export function createLogThrottle(nowMs: () => number): (subject: string) => number | undefined {
  const subjects = new Map<string, { toldAtMs: number; since: number }>();

  return (subject) => {
    if (subjects.size >= MOST_SUBJECTS && !subjects.has(subject)) subjects.clear();
    const known = subjects.get(subject) ?? { toldAtMs: Number.NEGATIVE_INFINITY, since: 0 };
    subjects.set(subject, known);
    known.since += 1;
    if (nowMs() - known.toldAtMs < REPEAT_MS) return undefined;
    const count = known.since;
    Object.assign(known, { toldAtMs: nowMs(), since: 0 });
    return count;
  };
}
