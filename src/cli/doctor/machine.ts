import { access, constants, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { Config } from "../../engine/config/config.js";
import { descriptorCapacity, descriptorLimit } from "../../engine/process/descriptors.js";
import { type Check, type Finding, fail, ok, warn } from "./check.js";

/** So many connections any server has to hold, in development too. */
const LEAST_CONNECTIONS = 200;
const MIB = 1024 * 1024;
/** Of free space for the embedded MongoDB: it does not start with less than 524,288,000 bytes. */
const SPACE = { scarceMib: 1024, leastMib: 500 } as const;

/** What the machine gives. */
export function machineChecks(config: Config): Check[] {
  return [
    {
      name: "descriptors",
      see: "docs/runbook.md#handshakes-are-refused",
      run: async () => descriptorFinding(config),
    },
    {
      name: "data dir",
      see: "docs/runbook.md#an-instance-does-not-start",
      run: () => dataDirFinding(config),
    },
  ];
}

/** Each worker has the limit for itself. */
function descriptorFinding({ admission, environment }: Config): Finding {
  const capacity = descriptorCapacity();
  const line = `${descriptorLimit()} open files, enough for ${capacity} connections of a worker`;
  const { connections } = admission;
  const wanted = `MAX_CONNECTIONS_PER_WORKER is ${connections}`;
  const advice = `raise the limit of open files (ulimit -n, nofile of the container) to ${Math.ceil(connections * 1.06) + 128}, or lower MAX_CONNECTIONS_PER_WORKER`;
  if (capacity < LEAST_CONNECTIONS) return fail(`${line}; ${wanted}`, advice);
  if (capacity >= connections) return ok(`${line}; ${wanted}`);
  if (environment !== "production") return ok(`${line}, which is little in production: ${wanted}`);
  return warn(`${line}: beyond that handshakes are refused, while ${wanted}`, advice);
}

async function dataDirFinding({ mongodbUri, dataDir }: Config): Promise<Finding> {
  if (mongodbUri !== "") return ok("not used: MONGODB_URI names a MongoDB");
  const there = await nearestThere(dataDir);
  if (!(await stat(there)).isDirectory())
    return fail(`DATA_DIR ${dataDir} cannot be made: ${there} is not a directory`, "name another one");
  try {
    await access(there, constants.W_OK);
  } catch {
    return fail(`DATA_DIR ${dataDir} cannot be written to`, "give it to this user, or name another one");
  }
  const { bavail, bsize } = await statfs(there);
  return spaceFinding(dataDir, bavail * bsize);
}

/** Whether so much free space is enough for what will be there. */
export function spaceFinding(dataDir: string, freeBytes: number): Finding {
  const freeMib = Math.floor(freeBytes / MIB);
  const line = `embedded MongoDB in ${dataDir}, ${freeMib} MiB free`;
  const advice = "make room, or name another DATA_DIR";
  if (freeMib < SPACE.leastMib)
    return fail(`${line}: MongoDB does not start with less than ${SPACE.leastMib} MiB`, advice);
  return freeMib < SPACE.scarceMib ? warn(line, advice) : ok(line);
}

/** The directory, or where it will be made. */
async function nearestThere(path: string): Promise<string> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  return isThere || dirname(path) === path ? path : nearestThere(dirname(path));
}
