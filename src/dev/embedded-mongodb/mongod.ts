import { type ChildProcessByStdio, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { HostFailure, type HostTask } from "./host-protocol.js";
import { endLeftoverMongods, noteMongod } from "./leftover-mongod.js";
import { createOutputTail } from "./output-tail.js";
import { clearRunDir, ensureRunDir, leaveRunDir, publishSocket } from "./run-dir.js";
import type { Served } from "./served.js";

const CONNECT_EVERY_MS = 50;

/**
 * Runs the `mongod` found on PATH as a child of this process, reachable through its Unix socket only.
 * @throws {HostFailure} `unavailable` when there is none, `in-use` when another process has the data, `ended`
 * when it gave up, `failed` when `signal` aborts first.
 */
export async function openMongod({ databaseDir, runDir }: HostTask, signal: AbortSignal): Promise<Served> {
  await requireMongod();
  mkdirSync(databaseDir, { recursive: true, mode: 0o700 });
  ensureRunDir(runDir);
  await endLeftoverMongods(runDir, databaseDir);
  // A name of its own until mongod has proven, by its lock on the data, that the run directory is ours.
  const socketName = `mongod-${process.pid}.sock`;
  const socketPath = join(runDir, socketName);
  const mongod = spawn("mongod", mongodArguments(databaseDir, socketPath), {
    // A process group of its own: Ctrl-C in a terminal would end mongod before the workers that use it.
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const names = [socketName, noteMongod(runDir, mongod)];
  const { ended, lost } = watchEnd(mongod);
  try {
    await Promise.race([lost, connectable(socketPath, signal)]);
  } catch (error) {
    mongod.kill("SIGKILL"); // if it is there at all, it has not served yet
    leaveRunDir(runDir, names);
    throw error;
  }
  clearRunDir(runDir, names);
  publishSocket(runDir, socketPath);

  async function close(): Promise<void> {
    mongod.kill("SIGTERM");
    await ended;
  }

  return { lost, close };
}

/** Finds out before anything is made on disk. */
async function requireMongod(): Promise<void> {
  await promisify(execFile)("mongod", ["--version"]).catch((error: NodeJS.ErrnoException) => {
    const problem =
      error.code === "ENOENT" ? "there is no mongod on the PATH" : "the mongod on the PATH fails";
    throw new HostFailure("unavailable", problem, { cause: error });
  });
}

function mongodArguments(databaseDir: string, socketPath: string): string[] {
  // A path as the only address means no TCP port; --nounixsocket only leaves out the default socket
  // (AsioTransportLayer::setup in mongodb/mongo).
  return ["--dbpath", databaseDir, "--bind_ip", socketPath, "--nounixsocket", "--quiet"];
}

function watchEnd(mongod: ChildProcessByStdio<null, Readable, null>): {
  ended: Promise<unknown>;
  lost: Promise<never>;
} {
  const output = createOutputTail(mongod.stdout);
  const ended = once(mongod, "close");
  const lost = ended.then(([code, signal]) => {
    if (/DBPathInUse|Unable to lock the lock file/.test(output.text())) {
      throw new HostFailure("in-use", "another process has the data");
    }
    throw new HostFailure("ended", `mongod ended with ${signal ?? `code ${code}`}`);
  });
  lost.catch(() => {}); // whoever waits for it has the rejection too
  return { ended, lost };
}

/** Resolves when something accepts connections there: mongod listens only after it has opened its data. */
async function connectable(socketPath: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const socket = connect(socketPath);
    try {
      await once(socket, "connect");
      return;
    } catch {
      await sleep(CONNECT_EVERY_MS);
    } finally {
      socket.destroy();
    }
  }
  throw new HostFailure("failed", "stopped during its start");
}
