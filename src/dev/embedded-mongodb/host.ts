import { rmSync, writeFileSync } from "node:fs";
import { openEngine } from "./engine.js";
import { HostFailure, type HostMessage, type HostTask } from "./host-protocol.js";
import { openMongod } from "./mongod.js";
import { removeRunDir, uriOf } from "./run-dir.js";
import type { Served } from "./served.js";

// The program of the process that serves the embedded MongoDB. Its parent alone decides when it ends: by a
// message, or by its own end, which closes the channel.

/** Longest time from there to the end, for when nobody else sets a bound. */
const END_TIMEOUT_MS = 10_000;

async function run(task: HostTask): Promise<void> {
  // A terminal sends Ctrl-C to the whole group, while the workers still need the database.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
  const ending = new AbortController();
  const stopAsked = new Promise<void>((resolve) => {
    ending.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  process.once("message", () => ending.abort());
  process.once("disconnect", () => ending.abort());
  if (!process.connected) ending.abort(); // the parent has gone while this program was loaded
  void stopAsked.then(() => setTimeout(() => process.kill(process.pid, "SIGKILL"), END_TIMEOUT_MS));

  const served = await serve(task, ending.signal);
  await tell({ type: "ready" });
  try {
    await Promise.race([stopAsked, served.lost]);
  } finally {
    await close(task, served);
  }
}

async function serve(task: HostTask, signal: AbortSignal): Promise<Served> {
  const served = task.kind === "engine" ? await openEngine(task) : await openMongod(task, signal);
  writeFileSync(task.uriFile, `${uriOf(task.runDir)}\n`, { mode: 0o600 });
  return served;
}

async function close({ uriFile, runDir }: HostTask, served: Served): Promise<void> {
  // Before the lock on the data is given up: a successor's files have the same names.
  rmSync(uriFile, { force: true });
  removeRunDir(runDir);
  await served.close();
}

function tell(message: HostMessage): Promise<void> {
  // Resolves also when the parent has gone meanwhile: the end of the channel is noticed elsewhere.
  return new Promise((resolve) => {
    if (process.connected && process.send !== undefined) process.send(message, () => resolve());
    else resolve();
  });
}

function failureMessage(error: unknown): HostMessage {
  const reason = error instanceof HostFailure ? error.reason : "failed";
  return { type: "failed", reason, message: error instanceof Error ? error.message : String(error) };
}

const task = JSON.parse(process.argv[2] ?? "null") as HostTask;
try {
  await run(task);
  process.exit(0);
} catch (error) {
  await tell(failureMessage(error));
  process.exit(1);
}
