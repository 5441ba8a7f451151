import { type ChildProcess, spawn } from "node:child_process";
import { HostFailure, type HostMessage, type HostTask, STOP_MESSAGE } from "./host-protocol.js";
import { endLeftoverMongods } from "./leftover-mongod.js";
import { createOutputTail } from "./output-tail.js";

/** How to run one host. */
export interface HostLaunch {
  readonly command: string;
  readonly args: readonly string[];
  readonly task: HostTask;
  /** The whole environment of the process; absent to inherit this one's. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface HostExit {
  /** True when it closed the database and removed its files. */
  readonly clean: boolean;
  /** True when the program itself could not run, so that there is no use in trying again. */
  readonly unable: boolean;
  /** True when something outside ended it, mostly the kernel for want of memory: its data are not the reason. */
  readonly killed: boolean;
  /** Cause in words, for a log. */
  readonly cause: string;
}

/** A process that serves the database. */
export interface Host {
  readonly pid: number;
  readonly exited: Promise<HostExit>;
  /** Ends it gracefully, by force after `timeoutMs`. Idempotent; resolves when it is gone. */
  stop(timeoutMs: number): Promise<void>;
}

export interface HostLimits {
  readonly startTimeoutMs: number;
  readonly stopTimeoutMs: number;
  /** Gives up a start on the way. */
  readonly signal: AbortSignal;
}

/**
 * Runs a host and resolves when it serves.
 * @throws {HostFailure} when it cannot, does not within `startTimeoutMs` or `signal` aborts; the process is gone then.
 */
export async function startHost(launch: HostLaunch, limits: HostLimits): Promise<Host> {
  const child = spawn(launch.command, [...launch.args, JSON.stringify(launch.task)], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    ...(launch.env === undefined ? {} : { env: launch.env }),
  });
  const host = manage(child);
  try {
    await ready(child, host, limits);
    return host;
  } catch (error) {
    await host.stop(limits.stopTimeoutMs);
    await endLeftoverMongods(launch.task.runDir, launch.task.databaseDir); // for one that had to be killed
    throw error;
  }
}

function manage(child: ChildProcess): Host {
  const exited = watchExit(child);

  async function stop(timeoutMs: number): Promise<void> {
    if (child.connected) child.send(STOP_MESSAGE, () => {}); // a failure means that it is ending
    const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
    await exited;
    clearTimeout(timer);
  }

  return { pid: child.pid ?? 0, exited, stop };
}

function watchExit(child: ChildProcess): Promise<HostExit> {
  // Absent where the process could not be started for want of descriptors.
  const errors = child.stderr ? createOutputTail(child.stderr) : undefined;
  let told = "";
  child.on("message", (message: HostMessage) => {
    if (message.type === "failed") told = message.message;
  });
  return new Promise((resolve) => {
    child.once("error", (error) =>
      resolve({ clean: false, unable: true, killed: false, cause: error.message }),
    );
    // Not "close": a surviving mongod may hold the pipe open.
    child.once("exit", (code, signal) => {
      const how = signal ?? `code ${code}`;
      const cause = [how, told, errors?.text()].filter(Boolean).join(": ");
      // 127: the dynamic loader did not find what the program needs. SIGILL: built for a newer processor.
      const unable = code === 127 || signal === "SIGILL";
      resolve({ clean: code === 0, unable, killed: signal === "SIGKILL", cause });
    });
  });
}

function ready(child: ChildProcess, host: Host, limits: HostLimits): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = new HostFailure("failed", `not ready within ${limits.startTimeoutMs} ms`);
    const timer = setTimeout(() => settle(() => reject(late)), limits.startTimeoutMs);
    const abort = () => settle(() => reject(new HostFailure("failed", "stopped during its start")));

    function settle(outcome: () => void): void {
      clearTimeout(timer);
      limits.signal.removeEventListener("abort", abort);
      child.off("message", hear);
      outcome();
    }

    function hear(message: HostMessage): void {
      if (message.type === "ready") settle(resolve);
      else settle(() => reject(new HostFailure(message.reason, message.message)));
    }

    child.on("message", hear);
    limits.signal.addEventListener("abort", abort);
    if (limits.signal.aborted) abort();
    void host.exited.then((exit) => settle(() => reject(failureOf(exit))));
  });
}

function failureOf({ unable, killed, cause }: HostExit): HostFailure {
  if (killed)
    return new HostFailure("failed", `it was killed from outside, perhaps for want of memory (${cause})`);
  return new HostFailure(unable ? "unavailable" : "ended", `it ended with ${cause}`);
}
