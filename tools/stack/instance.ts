import type { Component } from "../../src/engine/process/lifecycle.js";
import { HOST } from "../shared/ports.js";
import { type Exit, type Program, startProgram, type Watcher } from "../shared/program.js";

/** One Shoal of a stack, the same port over restarts. */
export interface StackInstance extends Component {
  /** Without nginx in between. */
  readonly url: string;
  pid(): number;
  /** SIGTERM, and a new process when the old one has ended; resolves, with the end of the old one, when it is ready. */
  restart(): Promise<Exit>;
  /** SIGHUP; resolves when all workers are replaced. */
  reload(): Promise<void>;
  /** SIGKILL to all its processes at once. */
  kill(): Promise<void>;
}

export interface StackInstanceOptions {
  readonly name: string;
  readonly port: number;
  /** dist/main.js */
  readonly program: string;
  /** Asked at every start. */
  readonly env: () => Readonly<Record<string, string | undefined>>;
  readonly watcher: Watcher;
  /** Longest time for an orderly end, drain included. */
  readonly stopWithinMs: number;
}

const READY = /"msg":"ready"/;
const READY_WITHIN_MS = 60_000;
const RELOADED = /"msg":"all workers replaced"/;
/** One worker after the other, each with a drain. */
const RELOADED_WITHIN_MS = 120_000;

/** An instance on `port`. `start` resolves when it is ready. */
export function createStackInstance(options: StackInstanceOptions): StackInstance {
  const { name, port, program, watcher, stopWithinMs } = options;
  let member: Program | undefined;
  let stopped = false;

  async function start(): Promise<void> {
    if (stopped) return;
    const env = { ...options.env(), HOST, PORT: String(port), INSTANCE_ID: name };
    const started = startProgram({ name, command: process.execPath, args: [program], env, watcher });
    member = started;
    await started.waitFor(READY, READY_WITHIN_MS).catch(async (error: Error) => {
      await started.kill();
      throw error;
    });
  }

  return {
    name,
    start,
    url: `http://${HOST}:${port}`,
    pid: () => member?.pid ?? 0,
    async restart() {
      const exit = await running(member).stop(stopWithinMs);
      await start();
      return exit;
    },
    async reload() {
      const reloading = running(member);
      reloading.forget();
      reloading.signal("SIGHUP");
      await reloading.waitFor(RELOADED, RELOADED_WITHIN_MS);
    },
    kill: async () => void (await running(member).kill()),
    async stop() {
      stopped = true;
      await member?.stop(stopWithinMs);
    },
  };
}

function running(member: Program | undefined): Program {
  if (member === undefined) throw new Error("the instance was never started");
  return member;
}
