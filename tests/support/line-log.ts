import { deferred, within } from "./wait.js";

/** One line that a program wrote. */
export interface Line {
  /** Counts from 0 over both streams. */
  readonly number: number;
  readonly stream: "stdout" | "stderr";
  readonly text: string;
  /** The line's JSON object; empty when it is none. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface WaitForLine {
  /** Default 10000. */
  readonly withinMs?: number;
  /** Only lines after this one count; default: all that were ever written. */
  readonly after?: Line | undefined;
}

export interface LineLog {
  /** The newest lines, oldest first. */
  readonly lines: readonly Line[];
  feed(stream: Line["stream"], chunk: string): void;
  /** No more lines will come: waiting for one fails with `reason`. */
  close(reason: string): void;
  waitFor(predicate: (line: Line) => boolean, options?: WaitForLine): Promise<Line>;
  /** The last lines as text, for error messages. */
  tail(): string;
}

const TAIL_LINES = 30;

/** Matches JSON log lines with this `msg`, and with these values of other fields if given. */
export function logged(msg: string, fields: Record<string, unknown> = {}): (line: Line) => boolean {
  const wanted = Object.entries({ msg, ...fields });
  return (line) => wanted.every(([name, value]) => line.fields[name] === value);
}

const MAX_LINES = 10_000;
const MAX_LINE_CHARS = 16_384;

/** Keeps the last 10,000 lines, each cut at 16,384 characters. `onLine` sees every one. */
export function createLineLog(onLine: (line: Line) => void = () => {}): LineLog {
  const lines: Line[] = [];
  const partial = { stdout: "", stderr: "" };
  const waiters = new Set<{ see(line: Line): void; fail(error: Error): void }>();
  let count = 0;
  let closed: string | undefined;

  function add(stream: Line["stream"], text: string): void {
    const line = { number: count++, stream, text, fields: parseFields(text) };
    lines.push(line);
    if (lines.length > MAX_LINES) lines.shift();
    onLine(line);
    for (const waiter of [...waiters]) waiter.see(line);
  }

  function feed(stream: Line["stream"], chunk: string): void {
    const parts = (partial[stream] + chunk).split("\n");
    partial[stream] = (parts.pop() ?? "").slice(0, MAX_LINE_CHARS);
    for (const part of parts) add(stream, part.slice(0, MAX_LINE_CHARS));
  }

  const tail = () =>
    lines
      .slice(-TAIL_LINES)
      .map((line) => line.text)
      .join("\n");

  function close(reason: string): void {
    if (closed !== undefined) return;
    for (const stream of ["stdout", "stderr"] as const) if (partial[stream] !== "") feed(stream, "\n");
    closed = reason;
    for (const waiter of [...waiters]) waiter.fail(new Error(reason));
  }

  async function waitFor(
    predicate: (line: Line) => boolean,
    { withinMs = 10_000, after }: WaitForLine = {},
  ): Promise<Line> {
    const past = lines.find((line) => line.number > (after?.number ?? -1) && predicate(line));
    if (past !== undefined) return past;
    const found = deferred<Line>();
    const waiter = {
      see: (line: Line) => predicate(line) && found.resolve(line),
      fail: found.reject,
    };
    waiters.add(waiter);
    if (closed !== undefined) waiter.fail(new Error(closed));
    try {
      return await within(found.promise, withinMs, "the awaited line");
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : error}; last output:\n${tail()}`);
    } finally {
      waiters.delete(waiter);
    }
  }

  return { lines, feed, close, waitFor, tail };
}

function parseFields(text: string): Record<string, unknown> {
  if (!text.startsWith("{")) return {};
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
