import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once as nodeOnce } from "node:events";
import { onEnd } from "./cleanup.js";
import { createLineLog, type Line, type WaitForLine } from "./line-log.js";
import { createFamily, type ProcessEntry, signalIfAlive } from "./process-table.js";
import { deferred, eventually, within } from "./wait.js";

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Child {
  readonly pid: number;
  /** Settles when the program has ended and its output is read. Never rejects. */
  readonly exited: Promise<Exit>;
  /** The newest lines of both streams. */
  readonly lines: readonly Line[];
  /** The first line, past or future, that matches. @throws when the program ends first, and after the time. */
  waitForLine(predicate: (line: Line) => boolean, options?: WaitForLine): Promise<Line>;
  /** Everything alive that stems from this program, itself included, orphans too. */
  family(): ProcessEntry[];
  kill(signal: NodeJS.Signals): void;
  /** SIGKILL to the whole family at once, as when a machine is lost. */
  killFamily(): Promise<void>;
  /**
   * Ends the program with `signal` (default SIGTERM). Idempotent.
   * @throws when that took longer than its bound; it was killed then.
   */
  stop(signal?: NodeJS.Signals): Promise<Exit>;
}

export interface SpawnOptions {
  readonly args?: readonly string[];
  /** Added to the few variables that programs need (PATH and the like); nothing else is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Sees every line as it comes; `lines` keeps only the newest. */
  readonly onLine?: (line: Line) => void;
  /** Longest time for `stop`; default 10000. */
  readonly stopWithinMs?: number;
}

const INHERITED = ["PATH", "HOME", "TMPDIR", "LANG", "TZ"];
const MARKER = "TEST_FAMILY";
/** Orphans see the end of their parent a little later than we do. */
const ORPHANS_END_WITHIN_MS = 5000;
/** A surviving descendant may hold the output open. */
const OUTPUT_END_WITHIN_MS = 1000;

/** Runs a Node program (plain JavaScript: what is in dist/ or tests/fixtures/). */
export function spawnNode(script: string, options: SpawnOptions = {}): Promise<Child> {
  return spawnProgram(process.execPath, { ...options, args: [script, ...(options.args ?? [])] });
}

/**
 * Runs a program. Teardown stops it and fails if it did not end in time or if any process that stems from
 * it is left; it kills those.
 * @throws when the program cannot be run.
 */
export async function spawnProgram(command: string, options: SpawnOptions = {}): Promise<Child> {
  const mark = randomUUID();
  const inherited = Object.entries(process.env).filter(([name]) => INHERITED.includes(name));
  const child = spawn(command, options.args ?? [], {
    env: { ...Object.fromEntries(inherited), ...options.env, [MARKER]: mark },
    stdio: ["ignore", "pipe", "pipe"],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const managed = manage(child, `${MARKER}=${mark}`, options);
  await nodeOnce(child, "spawn");
  return managed;
}

function manage(child: ChildProcess, marker: string, { stopWithinMs = 10_000, onLine }: SpawnOptions): Child {
  const log = createLineLog(onLine);
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream]?.setEncoding("utf8").on("data", (chunk: string) => log.feed(stream, chunk));
  }
  const exited = watchExit(child, log.close);
  const members = createFamily(marker);
  const signalAll = (signal: NodeJS.Signals) => {
    for (const member of members()) signalIfAlive(member.pid, signal);
  };

  async function stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Exit> {
    members(); // remembers who belongs to it before it can lose them
    child.kill(signal);
    return within(exited, stopWithinMs, `the end of ${child.spawnargs.join(" ")} on ${signal}`).catch(
      async (error: Error) => {
        child.kill("SIGKILL");
        await exited;
        throw new Error(`${error.message}; last output:\n${log.tail()}`);
      },
    );
  }

  async function killFamily(): Promise<void> {
    // Repeated, as one may have been born between the look and the kill.
    await eventually(() => {
      signalAll("SIGSTOP"); // or one would see the end of another and clear up after it
      signalAll("SIGKILL");
      if (members().length > 0) throw new Error(`still alive: ${describe(members())}`);
    });
    await exited;
  }

  async function endFamily(): Promise<void> {
    signalAll("SIGCONT"); // a test may have failed while it held one
    try {
      await stop();
      const left = () => describe(members());
      await eventually(() => expect(left()).toBe(""), { withinMs: ORPHANS_END_WITHIN_MS });
    } finally {
      await killFamily();
    }
  }

  if (child.pid !== undefined) onEnd(endFamily);
  return {
    pid: child.pid ?? 0, // not run at all: the caller gets the error instead
    exited,
    lines: log.lines,
    waitForLine: async (predicate, options) => {
      const line = await log.waitFor(predicate, options);
      members(); // a program that names a state is worth a look at who belongs to it
      return line;
    },
    family: members,
    kill: (signal) => {
      members();
      child.kill(signal);
    },
    killFamily,
    stop,
  };
}

function describe(entries: readonly ProcessEntry[]): string {
  return entries.map((entry) => `${entry.pid} (${entry.command})`).join(", ");
}

async function watchExit(child: ChildProcess, close: (reason: string) => void): Promise<Exit> {
  const end = deferred<Exit>();
  const drained = deferred();
  child.once("error", () => end.resolve({ code: null, signal: null })); // could not be run
  child.once("exit", (code, signal) => end.resolve({ code, signal }));
  child.once("close", () => drained.resolve());
  const exit = await end.promise;
  await within(drained.promise, OUTPUT_END_WITHIN_MS, "the end of the output").catch(() => {});
  child.stdout?.destroy();
  child.stderr?.destroy();
  close(`the program ended with ${exit.signal ?? `code ${exit.code}`}`);
  return exit;
}
