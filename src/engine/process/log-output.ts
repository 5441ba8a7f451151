import { constants, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { Socket } from "node:net";

/** Bytes that wait for a reader that does not keep up; what comes beyond is lost. */
const BACKLOG_LIMIT_BYTES = 1_048_576;
/** Pause before the next attempt where the reader does not keep up, and where writing failed, in milliseconds. */
const FULL_RETRY_MS = 50;
const FAILED_RETRY_MS = 1000;
/** Time without progress after which the end of the process stops waiting for the reader, in milliseconds. */
const PATIENCE_AT_END_MS = 1000;
/** The same for a reader that takes something, but slowly: the event loop stands still meanwhile. */
const LONGEST_END_MS = 3000;
const LOOK_AT_END_MS = 10;

/** What was lost, and why: the code of the latest failure, such as `ENOSPC`. */
export interface Loss {
  readonly lines: number;
  readonly reason: string;
}

/** Where log lines go. No method throws, and none waits for a reader, except `end`. */
export interface LogOutput {
  write(line: string): void;
  /**
   * For the end of the process: waits as long as the reader takes something at least once a second, for at most 3 s. After
   * the call no write is retried.
   */
  end(): void;
}

/** A line, or what tells of lost ones, with the number of lines that are lost when it is. */
interface Entry {
  readonly bytes: Buffer;
  readonly lines: number;
}

/**
 * Writes to the file descriptor `fd` at once. Where a pipe is full, up to 1 MiB waits for its reader; where writing fails
 * (no space, no reader), lines are lost. They are counted, and `tell` makes the line that says so as soon as writing works.
 */
export function createLogOutput(fd: number, tell: (loss: Loss) => string): LogOutput {
  const beforeWriting = socketGuard(fd);
  let waiting: Entry[] = [];
  let waitingBytes = 0;
  let lost = 0;
  let reason = "";
  /** The last line is there in part: the next one must not be joined to it. */
  let torn = false;
  let timer: NodeJS.Timeout | undefined;
  let ended = false;

  function add(text: string, lines: number): void {
    const bytes = Buffer.from(text);
    waiting.push({ bytes, lines });
    waitingBytes += bytes.length;
  }

  function addLoss(): void {
    if (lost === 0) return;
    const text = tell({ lines: lost, reason });
    add(torn && waiting.length === 0 ? `\n${text}` : text, lost);
    lost = 0;
  }

  function lose(): void {
    for (const { lines } of waiting) lost += lines;
    waiting = [];
    waitingBytes = 0;
  }

  /** Line by line: what is no longer than a page reaches a pipe whole or not at all, whoever else writes to it. */
  function flush(): void {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      const written = attempt(next.bytes);
      if (written === undefined) return;
      waitingBytes -= written;
      torn = written < next.bytes.length;
      if (torn) waiting[0] = { ...next, bytes: next.bytes.subarray(written) };
      else waiting.shift();
    }
  }

  function attempt(bytes: Buffer): number | undefined {
    try {
      beforeWriting();
      return writeSync(fd, bytes);
    } catch (error) {
      reason = codeOf(error);
      const isFull = reason === "EAGAIN";
      if (!isFull) lose();
      tryLater(isFull ? FULL_RETRY_MS : FAILED_RETRY_MS);
      return undefined;
    }
  }

  function tryLater(ms: number): void {
    if (timer !== undefined || ended) return;
    timer = setTimeout(() => {
      timer = undefined;
      catchUp();
    }, ms).unref();
  }

  function catchUp(): void {
    flush();
    if (waiting.length > 0) return;
    addLoss();
    flush();
  }

  return {
    write(line) {
      if (waitingBytes > 0 && waitingBytes + line.length > BACKLOG_LIMIT_BYTES) {
        lost += 1;
        return;
      }
      addLoss();
      add(line, 1);
      flush();
    },
    end() {
      ended = true;
      clearTimeout(timer);
      catchUp();
      const endedAt = performance.now();
      let progressAt = endedAt;
      for (let before = waitingBytes; waitingBytes > 0; before = waitingBytes) {
        catchUp();
        const now = performance.now();
        if (now - endedAt > LONGEST_END_MS) return;
        if (waitingBytes < before) progressAt = now;
        else if (now - progressAt > PATIENCE_AT_END_MS) return;
        else sleep(LOOK_AT_END_MS);
      }
    },
  };
}

/**
 * The descriptor to write standard output through. A pipe and a terminal are opened anew where the system lets us (Linux):
 * whether a write waits for the reader is a property that all processes with the old one share, and each of them changes
 * it. Node makes writes to a terminal wait, which may be held (Ctrl-S), or be a container's whose log is not read.
 */
export function openStandardOutput(): number {
  const { fd, isTTY } = process.stdout; // from here on a socket does not wait, until another process changes that
  try {
    if (!isTTY && !fstatSync(fd).isFIFO()) return fd;
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return fd;
  }
}

/**
 * A socket, such as that of systemd's journal or of a parent in Node, cannot be opened anew: each process that starts or ends
 * with it makes the writes of all others wait for the reader. Where the system tells (Linux), that is looked at before a
 * write, which costs some microseconds, and undone.
 */
function socketGuard(fd: number): () => void {
  try {
    if (!fstatSync(fd).isSocket()) return () => {};
    const info = openSync(`/proc/self/fdinfo/${fd}`, "r");
    const text = Buffer.alloc(128);
    return () => {
      const length = readSync(info, text, 0, text.length, 0);
      const flags = Number.parseInt(/flags:\s*(\d+)/.exec(text.toString("latin1", 0, length))?.[1] ?? "", 8);
      // To wrap a descriptor makes its writes not wait; one of standard output is not closed with what wraps it.
      if ((flags & constants.O_NONBLOCK) === 0) new Socket({ fd, readable: false, writable: true }).unref();
    };
  } catch {
    return () => {};
  }
}

/** Blocks: at the end of the process there is no event loop that could wait. */
function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException | null)?.code ?? error);
}
