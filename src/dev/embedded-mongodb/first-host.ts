import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { StartError } from "../../engine/process/start-error.js";
import type { Candidates } from "./candidates.js";
import { type Host, type HostLaunch, type HostLimits, startHost } from "./host-process.js";
import { HostFailure, type HostTask } from "./host-protocol.js";

/** The first candidate that could serve, serving. */
export interface FirstHost {
  readonly launch: HostLaunch;
  readonly host: Host;
}

/**
 * Starts the best candidate that can run here.
 * @throws {StartError} when none can, or when the one that can does not get at the data.
 */
export async function startFirstHost(candidates: Candidates, limits: HostLimits): Promise<FirstHost> {
  const problems = [...candidates.problems];
  for (const launch of candidates.launches) {
    try {
      return { launch, host: await startHost(launch, limits) };
    } catch (error) {
      if (!(error instanceof HostFailure)) throw error;
      if (error.reason !== "unavailable") throw new StartError(explain(error, launch.task), { cause: error });
      problems.push(error.message);
    }
  }
  throw new StartError(
    `The embedded MongoDB cannot run here: ${problems.join("; ")}. ` +
      "Set MONGODB_URI to a MongoDB of yours, or start one with: docker compose up",
  );
}

function explain(failure: HostFailure, task: HostTask): string {
  const { databaseDir } = task;
  switch (failure.reason) {
    case "in-use": {
      const uri = runningUri(task);
      const share = uri === undefined ? "" : `set MONGODB_URI=${uri} to use that one, or `;
      const dataDir = dirname(databaseDir);
      return `DATA_DIR ${dataDir} is in use by a MongoDB that runs already: ${share}choose another DATA_DIR`;
    }
    case "ended":
      return (
        `The embedded MongoDB could not open ${databaseDir} (${failure.message}). ` +
        "The data may be damaged: move that directory away to start with an empty one, or put a copy back"
      );
    default:
      return `The embedded MongoDB could not start in ${databaseDir}: ${failure.message}`;
  }
}

/** What the running one has noted; absent when it is not one of ours, or is only just starting. */
function runningUri({ uriFile }: HostTask): string | undefined {
  try {
    return readFileSync(uriFile, "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
}
