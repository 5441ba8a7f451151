import { say } from "./project.mjs";

/** What takes longer shows that it goes on, in milliseconds: on a terminal every second, elsewhere, as in the log of a CI, twice a minute. */
const PATIENCE_MS = 2000;
const TERMINAL_MS = 1000;
const LOG_MS = 30_000;
/** Back to the first column, and nothing left behind it. */
const CLEAR_LINE = "\r\u001b[K";

/**
 * Shows how long a step without output of its own has taken; `detail` adds what it has reached.
 * @returns what ends it and takes the line away
 */
export function showProgress(detail = () => "") {
  const startedAt = performance.now();
  const isTerminal = process.stderr.isTTY;
  const timer = setInterval(
    () => {
      const passedMs = performance.now() - startedAt;
      if (passedMs < PATIENCE_MS) return;
      const text = [`${Math.round(passedMs / 1000)} s`, detail()].filter(Boolean).join(", ");
      if (isTerminal) process.stderr.write(`${CLEAR_LINE}> ${text}`);
      else say(text);
    },
    isTerminal ? TERMINAL_MS : LOG_MS,
  );
  return () => {
    clearInterval(timer);
    if (isTerminal) process.stderr.write(CLEAR_LINE);
  };
}
