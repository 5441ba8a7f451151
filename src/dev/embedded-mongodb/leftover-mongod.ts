import { type ChildProcess, execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isPrivateDir } from "./run-dir.js";

const LOOK_EVERY_MS = 20;
const GONE_WITHIN_MS = 5000;
const NOTE = /^mongod-(\d+)\.pid$/;

/** Notes in the run directory that this process has a `mongod` as its child. Returns the note's file name. */
export function noteMongod(runDir: string, mongod: ChildProcess): string {
  const name = `mongod-${process.pid}.pid`;
  writeFileSync(join(runDir, name), String(mongod.pid));
  return name;
}

/**
 * Ends every `mongod` of a host that was killed: unlike an engine, it outlives its host and keeps the data
 * locked. One whose host lives is left alone, and so is a process that only inherited the number. Does
 * nothing when there is no such directory, or when it is not private to this user. Resolves when they are gone, after 5 s at most.
 */
export async function endLeftoverMongods(runDir: string, databaseDir: string): Promise<void> {
  for (const name of namesIn(runDir)) {
    const hostPid = NOTE.exec(name)?.[1];
    if (hostPid === undefined || commandOf(hostPid) !== "") continue;
    const mongodPid = readFileSync(join(runDir, name), "utf8");
    if (commandOf(mongodPid).includes(databaseDir)) await kill(mongodPid);
    rmSync(join(runDir, name), { force: true });
  }
}

async function kill(pid: string): Promise<void> {
  try {
    process.kill(Number(pid), "SIGKILL"); // nothing here may wait for long, and the journal makes it safe
  } catch {
    return; // ended since the look
  }
  const deadline = performance.now() + GONE_WITHIN_MS;
  while (commandOf(pid) !== "" && performance.now() < deadline) await sleep(LOOK_EVERY_MS);
}

function namesIn(directory: string): string[] {
  try {
    return isPrivateDir(directory) ? readdirSync(directory) : [];
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
