import { randomBytes } from "node:crypto";
import { type Child, type Exit, spawnProgram } from "./child.js";
import { onEnd } from "./cleanup.js";
import { type Line, logged, type WaitForLine } from "./line-log.js";
import { NEVER_OVERLOADED_MS } from "./patience.js";
import { isAlive } from "./process-table.js";
import { distFile } from "./program-path.js";
import { tempDir } from "./temp-dir.js";
import { eventually, within } from "./wait.js";

export interface ShoalOptions {
  /** Default 1: one process without a primary. */
  readonly workers?: number;
  /** Default: the embedded MongoDB of the instance's own, in a temporary directory. */
  readonly mongodbUri?: string;
  /** Default: no Redis. */
  readonly redisUrl?: string;
  /** Further variables; they win over those that this helper sets. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its main file; default dist/main.js. */
  readonly main?: string;
  /** Sees every log line as it comes; `logs` keeps only the newest. */
  readonly onLine?: (line: Line) => void;
  /** Longest time for `stop`; default 15000. */
  readonly stopWithinMs?: number;
  /** Limit of open files of each of its processes (`ulimit -n`); default: that of the tests. */
  readonly openFiles?: number;
}

/** An instance of which it is not known whether it came up. */
export interface LaunchedShoal {
  /** Of the primary, or of the only process. */
  readonly pid: number;
  readonly instance: string;
  /** Its TMPDIR, its own; what it leaves there, it has left behind. */
  readonly tmpDir: string;
  /** The newest log lines of all its processes. */
  readonly logs: readonly Line[];
  waitForLog(predicate: (line: Line) => boolean, options?: WaitForLine): Promise<Line>;
  /** The living workers by slot, in order of slots. */
  workers(): Map<number, number>;
  /** The process numbers of the living workers, in order of slots. */
  workerPids(): number[];
  /** Waits for an end that the test has caused by other means. Any other unasked end fails the teardown. */
  expectExit(withinMs?: number): Promise<Exit>;
  /** Ends it with `signal` (default SIGTERM) and returns the exit code; null when the signal itself ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** SIGKILL to all its processes, as when the machine is lost. */
  kill9(): Promise<void>;
  /** SIGKILL to the primary only (or to the only process). */
  killPrimary(): Promise<void>;
}

export interface Shoal extends LaunchedShoal {
  readonly url: string;
  /** Of its private port. */
  readonly adminUrl: string;
}

const READY_WITHIN_MS = 15_000;

/**
 * A real instance (dist/main.js) on a free port of 127.0.0.1, ready. It ends by itself, and fails the
 * teardown if it ended before unasked, did not end in time, left a process behind or was warned by Node.
 * @throws with the last log lines when it does not become ready.
 */
export async function spawnShoal(options: ShoalOptions = {}): Promise<Shoal> {
  const shoal = await launchShoal(options);
  const ready = await shoal.waitForLog(logged("ready"), { withinMs: READY_WITHIN_MS });
  const { url, admin: adminUrl, workers } = ready.fields;
  if (typeof url !== "string" || typeof adminUrl !== "string")
    throw new Error(`no addresses in: ${ready.text}`);
  // A worker's own line may come a little after its primary's.
  await eventually(() => expect(shoal.workerPids()).toHaveLength(Number(workers)));
  return { ...shoal, url, adminUrl };
}

/** As spawnShoal, but returns at once: for instances that are not meant to come up. */
export async function launchShoal(options: ShoalOptions = {}): Promise<LaunchedShoal> {
  const instance = `test-${randomBytes(4).toString("hex")}`;
  const slots = new Map<number, number>();
  const isWorkerReady = logged("worker ready");
  const isSingleReady = logged("ready", { workers: 1 });
  const tmpDir = await tempDir("tmp");
  const program = [process.execPath, options.main ?? distFile("main.js")];
  const { openFiles } = options;
  const command =
    openFiles === undefined ? program : ["sh", "-c", `ulimit -n ${openFiles} && exec "$@"`, "sh", ...program];
  const [first = "", ...args] = command;
  const child = await spawnProgram(first, {
    args,
    env: { TMPDIR: tmpDir, ...(await environment(instance, options)) },
    stopWithinMs: options.stopWithinMs ?? 15_000,
    onLine: (line) => {
      options.onLine?.(line);
      const { worker = 1, pid } = line.fields; // the only process is worker 1
      if (!isWorkerReady(line) && !isSingleReady(line)) return;
      if (typeof worker === "number" && typeof pid === "number") slots.set(worker, pid);
    },
  });
  const workers = () =>
    new Map([...slots].filter(([, pid]) => isAlive(pid)).sort(([slot], [other]) => slot - other));
  return { instance, tmpDir, workers, workerPids: () => [...workers().values()], ...control(child) };
}

async function environment(instance: string, options: ShoalOptions): Promise<Record<string, string>> {
  const { workers = 1, mongodbUri, redisUrl } = options;
  return {
    PORT: "0",
    HOST: "127.0.0.1",
    ADMIN_PORT: "0",
    ADMIN_HOST: "127.0.0.1",
    LOG_LEVEL: "info",
    OVERLOAD_LAG_MS: NEVER_OVERLOADED_MS,
    INSTANCE_ID: instance,
    WORKERS: String(workers),
    ...(mongodbUri === undefined ? { DATA_DIR: await tempDir("data") } : { MONGODB_URI: mongodbUri }),
    ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
    ...options.env,
  };
}

/** Such as one of listeners that become more and more. */
const isWarningOfNode = ({ stream, text }: Line): boolean =>
  stream === "stderr" && /^\(node:\d+\) (\[\w+\] )?\w*Warning: /.test(text);

function control(child: Child): Omit<LaunchedShoal, "instance" | "tmpDir" | "workers" | "workerPids"> {
  let asked = false;
  let unasked: Exit | undefined;
  void child.exited.then((exit) => {
    if (!asked) unasked = exit;
  });
  onEnd(async () => {
    if (!asked && !isAlive(child.pid)) unasked = await child.exited; // so lately that nobody was told yet
    asked = true;
    if (unasked !== undefined) throw new Error(`the instance ended unasked: ${JSON.stringify(unasked)}`);
    const warning = child.lines.find(isWarningOfNode);
    if (warning !== undefined) throw new Error(`a process of the instance was warned: ${warning.text}`);
  });

  function ask<T>(action: () => Promise<T>): Promise<T> {
    asked = true;
    return action();
  }

  return {
    pid: child.pid,
    logs: child.lines,
    waitForLog: child.waitForLine,
    expectExit: (withinMs = 15_000) =>
      ask(() => within(child.exited, withinMs, "the end of the instance")).finally(() => {
        unasked = undefined; // it may have ended before the test came to ask
      }),
    stop: (signal) => ask(async () => (await child.stop(signal)).code),
    kill9: () => ask(child.killFamily),
    killPrimary: () =>
      ask(async () => {
        child.kill("SIGKILL");
        await child.exited;
      }),
  };
}
