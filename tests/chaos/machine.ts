import { freePort } from "../../tools/shared/ports.js";
import { onEnd } from "../support/cleanup.js";
import { logged } from "../support/line-log.js";
import type { MongoServer } from "../support/mongo.js";
import { isAlive, signalIfAlive } from "../support/process-table.js";
import type { RedisServer } from "../support/redis-server.js";
import { type LaunchedShoal, launchShoal } from "../support/spawn-shoal.js";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.js";
import { eventually } from "../support/wait.js";
import type { Ledger } from "./ledger.js";
import { createLogJudge } from "./log-judge.js";
import { startWireTap, type WireTap } from "./wire-tap.js";

/** One instance as if on a machine of its own: every link of it can be harmed. */
export interface Machine {
  readonly name: string;
  /** Where clients reach it, through `links.http`; the same over restarts. */
  readonly url: string;
  /** The same without a proxy in between, whose buffers would take what a client does not read. */
  readonly directUrl: string;
  readonly links: { readonly mongo: TcpProxy; readonly redis: TcpProxy; readonly http: TcpProxy };
  readonly tap: WireTap;
  /** Living workers, in order of their slots. */
  workerPids(): number[];
  /** SIGKILL to one worker. */
  killWorker(pid: number): void;
  /** SIGKILL to all its processes. */
  killWhole(): Promise<void>;
  /** SIGKILL to the primary only; returns when the workers have noticed. */
  killPrimary(): Promise<void>;
  /** SIGTERM; complains unless it ends orderly. */
  terminate(): Promise<void>;
  /** SIGHUP; returns when all workers are replaced, or complains. */
  reload(): Promise<void>;
  /** Runs it again, after one of the ends above. */
  restart(): Promise<void>;
  /** Complains if it is not running although nobody has ended it. */
  checkAlive(): void;
  /** How many lines of its log, up to a moment ago, had this `msg`. */
  countLogged(msg: string): number;
  /** Its newest warnings. */
  readonly warnings: readonly string[];
}

export interface MachineOptions {
  readonly name: string;
  readonly workers: number;
  readonly mongo: MongoServer;
  readonly database: string;
  readonly redis: RedisServer;
  readonly ledger: Ledger;
  readonly env?: Readonly<Record<string, string>>;
}

/** Heartbeats so short that a client leaves a hanging worker within 5 s; the default is 45 s. */
const PING = { PING_INTERVAL_MS: "2000", PING_TIMEOUT_MS: "3000" };
/** Long enough for clients to leave one after the other, short enough for many faults. */
const DRAIN = { DRAIN_WINDOW_MS: "1000" };
const RELOADED = "all workers replaced";
const LOOK_EVERY_MS = 100;
/** Starting takes a second; the rest is for a busy machine. */
const READY_WITHIN_MS = 60_000;

/** Starts the links and the instance. Ends by itself. */
export async function startMachine(options: MachineOptions): Promise<Machine> {
  const { name, mongo, redis, ledger } = options;
  const port = await freePort();
  const links = {
    mongo: await startTcpProxy({ target: mongo.target }),
    redis: await startTcpProxy({ target: { host: redis.host, port: redis.port } }),
    http: await startTcpProxy({ target: { host: "127.0.0.1", port } }),
  };
  const tap = await startWireTap(links.mongo);
  const judge = createLogJudge(name, ledger);
  let stopWatching = (): void => {};
  let shoal = await run();
  let wanted = true;

  async function run(): Promise<LaunchedShoal> {
    const started = await launchShoal({
      workers: options.workers,
      mongodbUri: mongo.uriVia(tap, options.database),
      redisUrl: `redis://${links.redis.host}:${links.redis.port}`,
      env: { PORT: String(port), ...PING, ...DRAIN, ...options.env },
      stopWithinMs: 20_000,
    });
    stopWatching = watch(started);
    await started.waitForLog(logged("ready"), { withinMs: READY_WITHIN_MS });
    return started;
  }

  /** Reads on in the log from time to time; the returned function reads the rest and ends it. */
  function watch({ logs }: LaunchedShoal): () => void {
    let next = 0;
    const look = (): void => {
      for (const line of logs) if (line.number >= next) judge.see(line);
      next = (logs.at(-1)?.number ?? -1) + 1;
    };
    const timer = setInterval(look, LOOK_EVERY_MS);
    return () => {
      clearInterval(timer);
      look();
    };
  }

  async function end(how: () => Promise<void>): Promise<void> {
    wanted = false;
    await how();
    stopWatching();
  }

  onEnd(() => stopWatching());
  return {
    name,
    url: `http://${links.http.host}:${links.http.port}`,
    directUrl: `http://127.0.0.1:${port}`,
    links,
    tap,
    workerPids: () => shoal.workerPids(),
    killWorker(pid) {
      judge.expectKill();
      signalIfAlive(pid, "SIGKILL");
    },
    killWhole: () => end(() => shoal.kill9()),
    killPrimary: () => end(() => shoal.killPrimary()),
    terminate: () =>
      end(async () => {
        const code = await shoal.stop();
        if (code !== 0) ledger.complain("other", `${name} ended with code ${code} on SIGTERM`);
      }),
    async reload() {
      const before = judge.count(RELOADED);
      process.kill(shoal.pid, "SIGHUP");
      await eventually(() => expect(judge.count(RELOADED)).toBe(before + 1), {
        withinMs: READY_WITHIN_MS,
      }).catch((error: unknown) => ledger.complain("other", `${name} was not reloaded: ${error}`));
    },
    async restart() {
      shoal = await run();
      wanted = true;
    },
    checkAlive() {
      if (wanted && !isAlive(shoal.pid)) ledger.complain("other", `${name} ended unasked`);
    },
    countLogged: judge.count,
    warnings: judge.warnings,
  };
}
