import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { HostFailure, type HostTask } from "./host-protocol.js";
import { endLeftoverMongods, noteMongod } from "./leftover-mongod.js";
import { createOutputTail } from "./output-tail.js";
import { clearRunDir, ensureRunDir, publishSocket } from "./run-dir.js";
import type { Served } from "./served.js";

const CONNECT_EVERY_MS = 50;

/**
 * Runs the `mongod` found on PATH as a child of this process, reachable through its Unix socket only.
 * @throws {HostFailure} `unavailable` when there is none, `in-use` when another process has the data, `ended`
 * when it gave up.
 */
export async function openMongod({ databaseDir, runDir }: HostTask): Promise<Served> {
  mkdirSync(databaseDir, { recursive: true, mode: 0o700 });
  ensureRunDir(runDir);
  endLeftoverMongods(runDir, databaseDir);
  // A name of its own until mongod has proven, by its lock on the data, that the run directory is ours.
  const socketName = `mongod-${process.pid}.sock`;
  const socketPath = join(runDir, socketName);
  const mongod = spawn("mongod", mongodArguments(databaseDir, socketPath), {
    // A process group of its own: Ctrl-C in a terminal would end mongod before the workers that use it.
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const note = mongod.pid === undefined ? [] : [noteMongod(runDir, mongod.pid)];
  const tail = createOutputTail(mongod.stdout);
  const ended = endOf(mongod);
  const lost = ended.then((how) => Promise.reject(endFailure(how, tail.text())));
  lost.catch(() => {}); // whoever waits for it has the rejection too
  try {
    await Promise.race([lost, connectable(socketPath)]);
  } catch (error) {
    for (const name of [socketName, ...note]) rmSync(join(runDir, name), { force: true });
    throw error;
  }
  clearRunDir(runDir, [socketName, ...note]);
  publishSocket(runDir, socketPath);

  async function close(): Promise<void> {
    mongod.kill("SIGTERM");
    await ended;
  }

  return { lost, close };
}

function mongodArguments(databaseDir: string, socketPath: string): string[] {
  // A path as the only address means no TCP port; --nounixsocket only leaves out the default socket
  // (AsioTransportLayer::setup in mongodb/mongo).
  return ["--dbpath", databaseDir, "--bind_ip", socketPath, "--nounixsocket", "--quiet"];
}

async function endOf(mongod: ChildProcess): Promise<string> {
  try {
    const [code, signal] = await once(mongod, "close");
    return signal === null ? `code ${code}` : String(signal);
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (missing) throw new HostFailure("unavailable", "there is no mongod on the PATH");
    throw error;
  }
}

function endFailure(how: string, output: string): HostFailure {
  if (/DBPathInUse|Unable to lock the lock file/.test(output)) {
    return new HostFailure("in-use", "another process has the data");
  }
  return new HostFailure("ended", `mongod ended with ${how}`);
}

/** Resolves when something accepts connections there: mongod listens only after it has opened its data. */
async function connectable(socketPath: string): Promise<void> {
  for (;;) {
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
}
