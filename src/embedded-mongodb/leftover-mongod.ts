import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const NOTE = /^mongod-(\d+)\.pid$/;

/** Notes in the run directory that this process has a `mongod` as its child. Returns the note's file name. */
export function noteMongod(runDir: string, mongodPid: number): string {
  const name = `mongod-${process.pid}.pid`;
  writeFileSync(join(runDir, name), String(mongodPid));
  return name;
}

/**
 * Ends every `mongod` of a host that was killed: unlike an engine, it outlives its host and keeps the data
 * locked. One whose host lives is left alone, and so is a process that only inherited the number. Does
 * nothing when there is no such directory.
 */
export function endLeftoverMongods(runDir: string, databaseDir: string): void {
  for (const name of namesIn(runDir)) {
    const hostPid = NOTE.exec(name)?.[1];
    if (hostPid === undefined || commandOf(hostPid) !== "") continue;
    const mongodPid = readFileSync(join(runDir, name), "utf8");
    // SIGKILL, as nothing here may wait long; the journal makes it safe.
    if (commandOf(mongodPid).includes(databaseDir)) process.kill(Number(mongodPid), "SIGKILL");
    rmSync(join(runDir, name), { force: true });
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // not made yet, or removed by its owner just now
  }
}

/** The command line of a living process, empty when there is none. */
function commandOf(pid: string): string {
  if (!/^\d+$/.test(pid)) return "";
  try {
    if (process.platform === "linux")
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
    return execFileSync("ps", ["-p", pid, "-o", "command="], { encoding: "utf8" }).trim();
  } catch {
    return "";
  }
}
