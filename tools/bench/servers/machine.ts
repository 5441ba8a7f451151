import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, HOST, isServed } from "../../shared/ports.js";
import { type Load, startLoad } from "../load/load.js";
import { type Program, startProgram } from "../program.js";

/** What a run is given from outside. */
export interface Setup {
  /** Folder of the compiled service. */
  readonly dist: string;
  /** Folder of another build of the service, to be measured beside it. */
  readonly otherDist?: string;
  readonly mongodbUri: string;
  /** Cores of the servers under test and of everything else, as taskset wants them; absent without taskset. */
  readonly cores?: { readonly server: string; readonly load: string; readonly all: string };
  /** nchan's module for nginx; need not be there. */
  readonly nchan?: string;
  /** Further variables of Shoal. */
  readonly env: Readonly<Record<string, string>>;
}

/** Keeps what a row has started, and ends it. */
export interface Machine {
  readonly setup: Setup;
  readonly redisUrl: string;
  /** Name of a database that nobody else uses. */
  readonly database: string;
  /** Started by `start`; ended with the machine at the latest. */
  keep<Kept extends { stop(): Promise<void> }>(start: Promise<Kept>): Promise<Kept>;
  load(): Promise<Load>;
  tempDir(): string;
  stop(): Promise<void>;
}

/** A redis-server of its own and nothing else yet. */
export async function startMachine(setup: Setup): Promise<Machine> {
  const kept: { stop(): Promise<void> }[] = [];
  const dirs: string[] = [];

  async function keep<Kept extends { stop(): Promise<void> }>(start: Promise<Kept>): Promise<Kept> {
    const one = await start;
    kept.push(one);
    return one;
  }

  async function stop(): Promise<void> {
    for (const one of kept.splice(0).reverse()) await one.stop();
    for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
  }

  function tempDir(): string {
    const dir = mkdtempSync(join(tmpdir(), "shoal-bench-"));
    dirs.push(dir);
    return dir;
  }

  const port = await freePort();
  await keep(startRedis(port, setup.cores?.load));
  return {
    setup,
    redisUrl: `redis://127.0.0.1:${port}`,
    database: `bench-${process.pid}-${port}`,
    keep,
    load: () => keep(startLoad()),
    tempDir,
    stop,
  };
}

async function startRedis(port: number, cores: string | undefined): Promise<Program> {
  const args = ["--port", `${port}`, "--bind", HOST, "--dir", tmpdir(), "--save", "", "--appendonly", "no"];
  return startProgram({ command: "redis-server", args, cores }, () => answersTcp(port));
}

/** @throws when nobody listens there. */
export async function answersTcp(port: number): Promise<void> {
  if (!(await isServed(port))) throw new Error(`nobody listens on port ${port}`);
}
