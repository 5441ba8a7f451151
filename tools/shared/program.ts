import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** How a program ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What a caller learns of its programs. */
export interface Watcher {
  /** One line of its output. */
  line(program: string, text: string): void;
  /** It has ended although nobody asked it to. */
  lost(program: string, exit: Exit): void;
}

/** A running program. */
export interface Program {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /**
   * The first line from now on, or since the start, that matches.
   * @throws when the program ends first, and after `withinMs`.
   */
  waitFor(pattern: RegExp, withinMs: number): Promise<string>;
  /** The end of its output so far, for messages. */
  lastOutput(): string;
  /** From now on, for `waitFor`: earlier lines do not count. */
  forget(): void;
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL to all its processes. */
  kill(): Promise<Exit>;
  /** SIGTERM, and SIGKILL to all its processes after `withinMs`. Idempotent. */
  stop(withinMs: number): Promise<Exit>;
}

export interface ProgramOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly watcher: Watcher;
}

const KEPT_LINES = 200;
const TAIL_LINES = 20;

/** Runs a program. It is the head of a group of its own, so that a terminal's Ctrl-C reaches it in its turn only. */
export function startProgram({ name, command, args, env, watcher }: ProgramOptions): Program {
  const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const lines: string[] = [];
  const waiting = new Set<(text: string) => void>();
  let asked = false;

  function see(text: string): void {
    lines.push(text);
    if (lines.length > KEPT_LINES) lines.shift();
    watcher.line(name, text);
    for (const look of [...waiting]) look(text);
  }
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", see);
  const exited = exitOf(child);
  void exited.then((exit) => {
    if (!asked) watcher.lost(name, exit);
  });

  const lastOutput = () => lines.slice(-TAIL_LINES).join("\n");

  async function waitFor(pattern: RegExp, withinMs: number): Promise<string> {
    const past = lines.find((text) => pattern.test(text));
    if (past !== undefined) return past;
    let stopWaiting = (): void => {};
    const failure = (reason: string) => new Error(`${name}: ${reason}; last output:\n${lastOutput()}`);
    return new Promise<string>((resolve, reject) => {
      const look = (text: string) => void (pattern.test(text) && resolve(text));
      const late = setTimeout(() => reject(failure(`no ${pattern} within ${withinMs} ms`)), withinMs);
      void exited.then(({ code, signal }) => reject(failure(`ended with ${signal ?? `code ${code}`}`)));
      waiting.add(look);
      stopWaiting = () => {
        clearTimeout(late);
        waiting.delete(look);
      };
    }).finally(() => stopWaiting());
  }

  function kill(): Promise<Exit> {
    asked = true;
    signalGroup(child, "SIGKILL");
    return exited;
  }

  return {
    pid: child.pid ?? 0, // not run at all: `exited` tells
    exited,
    waitFor,
    lastOutput,
    forget: () => void lines.splice(0),
    signal: (signal) => void child.kill(signal),
    kill,
    async stop(withinMs) {
      asked = true;
      child.kill("SIGTERM");
      const late = setTimeout(() => signalGroup(child, "SIGKILL"), withinMs);
      const exit = await exited;
      clearTimeout(late);
      return exit;
    },
  };
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once("error", () => resolve({ code: null, signal: null })); // could not be run
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // all of it has ended
  }
}
