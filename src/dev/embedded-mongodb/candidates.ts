import { existsSync } from "node:fs";
import { join } from "node:path";
import { cachedCLibrary, engineLaunch, needsNewerCLibrary } from "./c-library.js";
import { databaseDirOf } from "./data-dir.js";
import type { HostLaunch } from "./host-process.js";
import type { DatabaseKind, HostTask } from "./host-protocol.js";
import { currentMachine } from "./machine.js";
import { runDirOf } from "./run-dir.js";

export interface CandidateOptions {
  /** An existing directory, by its true path. */
  readonly dataDir: string;
  /** Where temporary files go on this machine. */
  readonly tempDir: string;
  /** The project's cache, which may hold a newer C library. */
  readonly cacheDir: string;
  /** The compiled host program. */
  readonly hostProgram: string;
  readonly engineModule: string;
}

/** The ways to serve a MongoDB here, best first, and why the better ones are not among them. */
export interface Candidates {
  readonly launches: readonly HostLaunch[];
  readonly problems: readonly string[];
}

/** Decides how a MongoDB can be served on this machine. Starts nothing. */
export function findCandidates(options: CandidateOptions): Candidates {
  const machine = currentMachine();
  const cached = needsNewerCLibrary(machine) ? cachedCLibrary(options.cacheDir, machine.arch) : undefined;
  const cLibrary = cached !== undefined && existsSync(cached.loader) ? cached : undefined;
  const engine = engineLaunch(machine, cLibrary, [process.execPath, options.hostProgram]);
  const mongod: HostLaunch = {
    command: process.execPath,
    args: [options.hostProgram],
    task: taskOf("mongod", options),
  };
  if (!engine.possible) return { launches: [mongod], problems: [engine.reason] };
  const task = taskOf("engine", options);
  // A bare environment: the package takes its socket's directory from TMPDIR, and nothing else is needed.
  return { launches: [{ ...engine, task, env: { TMPDIR: task.runDir } }, mongod], problems: [] };
}

function taskOf(kind: DatabaseKind, { dataDir, tempDir, engineModule }: CandidateOptions): HostTask {
  const databaseDir = databaseDirOf(dataDir, kind);
  const runDir = runDirOf(databaseDir, process.getuid?.() ?? 0, tempDir);
  return { kind, engineModule, databaseDir, runDir, uriFile: join(databaseDir, "shoal.uri") };
}
