/** Time between two lines about the same, in milliseconds: what clients bring about must not fill the log. */
const REPEAT_MS = 60_000;
/** Most subjects that are remembered; what is beyond is one subject. */
const MOST_SUBJECTS = 100;
const OTHERS = Symbol("others");

/**
 * Says when to log what may happen often. Each call is one more of the subject; the first is told at once, and then at most one a minute, and
 * so at most a hundred lines a minute whatever the subjects are. Returns how many there were since the last line, or undefined for no
 * line now. `nowMs` is monotonic.
 */
export function createLogThrottle(nowMs: () => number): (subject: string) => number | undefined {
  const subjects = new Map<string | typeof OTHERS, { toldAtMs: number; since: number }>();

  function forgetQuiet(): void {
    for (const [subject, { toldAtMs }] of subjects)
      if (nowMs() - toldAtMs >= REPEAT_MS) subjects.delete(subject);
  }

  return (subject) => {
    if (subjects.size >= MOST_SUBJECTS && !subjects.has(subject)) forgetQuiet();
    const hasRoom = subjects.has(subject) || subjects.size < MOST_SUBJECTS;
    const name = hasRoom ? subject : OTHERS;
    const known = subjects.get(name) ?? { toldAtMs: Number.NEGATIVE_INFINITY, since: 0 };
    subjects.set(name, known);
    known.since += 1;
    if (nowMs() - known.toldAtMs < REPEAT_MS) return undefined;
    const count = known.since;
    Object.assign(known, { toldAtMs: nowMs(), since: 0 });
    return count;
  };
}
