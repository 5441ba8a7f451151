import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../../engine/process/logger.js";
import type { FirstHost } from "./first-host.js";
import { type Host, type HostExit, type HostLaunch, type HostLimits, startHost } from "./host-process.js";
import { endLeftoverMongods } from "./leftover-mongod.js";
import { createRestartPace } from "./restart-pace.js";
import { removeRunDir, uriOf } from "./run-dir.js";

/** Keeps a database served, by one host after the other. */
export interface HostKeeper {
  readonly runDir: string;
  /** Ends the host and removes what it left. To be called once; `limits.signal` must be aborted before. */
  stop(): Promise<void>;
}

/** One end of a host, or one failed try to start one. */
interface End {
  readonly cause: string;
  /** How long it had served. */
  readonly ranMs: number;
}

/**
 * Replaces a host that ends until `limits.signal` aborts: at once at first, then ever later. Logs each
 * end, as an error when it looks like a crash loop.
 */
export function createHostKeeper(first: FirstHost, limits: HostLimits, log: Logger): HostKeeper {
  const { launch } = first;
  const { databaseDir, runDir, uriFile, kind } = launch.task;
  const { signal, stopTimeoutMs } = limits;
  const succeed = createSuccession(launch, limits, log);
  let host: Host = first.host;
  const kept = keep();

  async function keep(): Promise<HostExit> {
    for (;;) {
      const servedSince = performance.now();
      log.info({ uri: uriOf(runDir), databaseDir, kind, hostPid: host.pid }, "embedded mongodb serves");
      const exit = await host.exited;
      const next = await succeed({ cause: exit.cause, ranMs: performance.now() - servedSince });
      if (next === undefined) return exit;
      host = next;
      // It became ready in the moment of the abort, so that `stop` asked its predecessor.
      if (signal.aborted) await host.stop(stopTimeoutMs);
    }
  }

  async function stop(): Promise<void> {
    await host.stop(stopTimeoutMs);
    const { clean } = await kept;
    if (clean) return; // and its files' names may be a successor's by now
    await endLeftoverMongods(runDir, databaseDir);
    removeRunDir(runDir);
    rmSync(uriFile, { force: true });
  }

  return { runDir, stop };
}

/** Returns a function that gives the next host that serves, however long that takes; none once the signal aborts. */
function createSuccession(launch: HostLaunch, limits: HostLimits, log: Logger) {
  const pace = createRestartPace();

  return async (lastEnd: End): Promise<Host | undefined> => {
    let end = lastEnd;
    while (!limits.signal.aborted) {
      const { delayMs, isLoop } = pace.next(end.ranMs);
      const fields = { cause: end.cause, databaseDir: launch.task.databaseDir, delayMs };
      log[isLoop ? "error" : "warn"](fields, "embedded mongodb ended, it is started again");
      await sleep(delayMs, undefined, { signal: limits.signal }).catch(() => {}); // aborted: seen below
      if (limits.signal.aborted) break;
      try {
        return await startHost(launch, limits);
      } catch (error) {
        end = { cause: error instanceof Error ? error.message : String(error), ranMs: 0 };
      }
    }
    return undefined;
  };
}
