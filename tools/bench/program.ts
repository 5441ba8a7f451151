import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { familyOf } from "./processes.js";

/** A server under test, or what it needs. */
export interface Program {
  readonly pid: number;
  /** It and all that stem from it, now. */
  pids(): number[];
  /** Ends it; idempotent. It is killed if that takes more than {@link STOP_WITHIN_MS}. */
  stop(): Promise<void>;
}

export interface ProgramOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** For taskset: `0`, `0-1`; not pinned without it. */
  readonly cores?: string | undefined;
  readonly cwd?: string;
}

const STOP_WITHIN_MS = 8000;
const OUTPUT_LIMIT_CHARS = 4000;
const INHERITED = ["PATH", "HOME", "TMPDIR", "LANG", "TZ"];

/** Runs a program and resolves when `isUp` does not reject any more. @throws with its last output when it ends or after 20 s. */
export async function startProgram(options: ProgramOptions, isUp: () => Promise<unknown>): Promise<Program> {
  const { command, args, cores, env = {}, cwd } = options;
  const [program = command, ...rest] =
    cores === undefined ? [command, ...args] : ["taskset", "-c", cores, command, ...args];
  const inherited = Object.entries(process.env).filter(([name]) => INHERITED.includes(name));
  const child = spawn(program, rest, {
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ["ignore", "pipe", "pipe"],
    ...(cwd === undefined ? {} : { cwd }),
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-OUTPUT_LIMIT_CHARS);
    });
  }
  const killAll = () => {
    for (const pid of familyOf(child.pid ?? 0)) killIfAlive(pid);
  };
  // Whatever ends the benchmark, its servers do not stay.
  process.once("exit", killAll);
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => {
      process.off("exit", killAll);
      resolve();
    });
  });
  await once(child, "spawn");
  const stop = () => end(child, ended);
  try {
    await until(isUp, () => child.exitCode === null && child.signalCode === null);
  } catch (error) {
    await stop();
    throw new Error(`${command} ${args[0] ?? ""} did not come up: ${output}`, { cause: error });
  }
  const pid = child.pid ?? 0;
  return { pid, pids: () => familyOf(pid), stop };
}

async function end(child: ChildProcess, ended: Promise<void>): Promise<void> {
  const family = familyOf(child.pid ?? 0);
  child.kill("SIGTERM");
  const timer = setTimeout(() => {
    for (const pid of family) killIfAlive(pid);
  }, STOP_WITHIN_MS);
  await ended;
  clearTimeout(timer);
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // ended meanwhile
  }
}

async function until(isUp: () => Promise<unknown>, isAlive: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    try {
      await isUp();
      return;
    } catch (error) {
      if (!isAlive() || performance.now() > deadline) throw error;
    }
    await pause(50);
  }
}

/** Resolves after this time. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A port of 127.0.0.1 that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
