import { setTimeout as pause } from "node:timers/promises";
import * as shared from "../shared/program.js";
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
  /** For nice: 19 gives way to everything; default 0. */
  readonly niceness?: number | undefined;
}

const STOP_WITHIN_MS = 8000;
const UP_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 50;
const INHERITED = ["PATH", "HOME", "TMPDIR", "LANG", "TZ"];
/** What a server says matters only when it does not come up; what it needs is missed by those who use it. */
const NOBODY: shared.Watcher = { line() {}, lost() {} };

/** Runs a program and resolves when `isUp` does not reject any more. @throws with its last output when it ends or after 60 s. */
export async function startProgram(options: ProgramOptions, isUp: () => Promise<unknown>): Promise<Program> {
  const { cores, niceness = 0, env = {} } = options;
  const name = `${options.command} ${options.args[0] ?? ""}`;
  const [command = "", ...args] = [
    ...(niceness === 0 ? [] : ["nice", "-n", String(niceness)]),
    ...(cores === undefined ? [] : ["taskset", "-c", cores]),
    ...[options.command, ...options.args],
  ];
  const inherited = Object.entries(process.env).filter(([variable]) => INHERITED.includes(variable));
  const program = shared.startProgram({
    ...{ name, command, args, watcher: NOBODY },
    env: { ...Object.fromEntries(inherited), ...env },
  });
  // Whatever ends the benchmark, its servers do not stay.
  const killAll = () => void program.kill();
  process.once("exit", killAll);
  let hasEnded = false;
  void program.exited.then(() => {
    hasEnded = true;
    process.off("exit", killAll);
  });
  const stop = async () => void (await program.stop(STOP_WITHIN_MS));
  try {
    await until(isUp, () => !hasEnded);
  } catch (error) {
    await stop();
    throw new Error(`${name} did not come up: ${program.lastOutput()}`, { cause: error });
  }
  return { pid: program.pid, pids: () => familyOf(program.pid), stop };
}

async function until(isUp: () => Promise<unknown>, isAlive: () => boolean): Promise<void> {
  const deadline = performance.now() + UP_WITHIN_MS;
  for (;;) {
    try {
      await isUp();
      return;
    } catch (error) {
      if (!isAlive() || performance.now() > deadline) throw error;
    }
    await pause(LOOK_EVERY_MS);
  }
}
