import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { Feature } from "../../src/contract/feature.js";
import { type Config, readConfig } from "../../src/engine/config/config.js";
import { createHistory } from "../../src/engine/history/history.js";
import { toText } from "../../src/engine/metrics/exposition.js";
import { createListener, type Listener } from "../../src/engine/process/listener.js";
import { createLogger } from "../../src/engine/process/logger.js";
import { createSoleIngress } from "../../src/engine/routing/worker/sole-ingress.js";
import { createWorker, type Entrance } from "../../src/engine/worker/worker.js";
import { onEnd } from "./cleanup.js";
import { createLineLog, type Line, type WaitForLine } from "./line-log.js";
import { NEVER_OVERLOADED_MS } from "./patience.js";
import { within } from "./wait.js";

export interface WorkerOptions {
  readonly mongodbUri: string;
  /** Variables as in the environment; they win over those that this helper sets. Nothing is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it serves; the features of src/app by default. */
  readonly features?: readonly Feature[];
  /** Its slot; default 1. */
  readonly worker?: number;
}

/** One worker that runs in this process. */
export interface RunningWorker {
  readonly url: string;
  /** Where it answers operators. */
  readonly adminUrl: string;
  readonly config: Config;
  /** Its newest log lines, from debug on. */
  readonly logs: readonly Line[];
  waitForLog(predicate: (line: Line) => boolean, options?: WaitForLine): Promise<Line>;
  /** What it would tell a scraper. */
  metrics(): Promise<string>;
  /** Stops it in good order. Idempotent. */
  stop(): Promise<void>;
}

const STOPS_WITHIN_MS = 15_000;

/** A worker with all its parts, on a free port of 127.0.0.1 and ready. Ends by itself, and fails the teardown if it cannot. */
export async function startWorker({
  mongodbUri,
  env,
  features,
  worker = 1,
}: WorkerOptions): Promise<RunningWorker> {
  const config = readConfig({
    NODE_ENV: "test",
    HOST: "127.0.0.1",
    PORT: "0",
    INSTANCE_ID: `test-${randomBytes(4).toString("hex")}`,
    LOG_LEVEL: "debug",
    OVERLOAD_LAG_MS: NEVER_OVERLOADED_MS,
    MONGODB_URI: mongodbUri,
    ...env,
  });
  const identity = { instance: config.instance, worker };
  const log = createLineLog();
  const logger = createLogger(config.logLevel, { write: (text) => log.feed("stdout", text) }).child(identity);
  const listeners: Listener[] = [];
  const since = new Date().toISOString();
  const history = createHistory({
    instance: config.instance,
    status: () => [{ worker, pid: process.pid, state: "ready", since, restarts: 0 }],
    measure: async () => new Map([[worker, await whole.collect()]]),
    onLook() {},
  });
  const entrance: Entrance = {
    siblings: [],
    instance: { ...history, here: async (after) => history.report(after) },
    createIngress(_io, httpServer) {
      const listener = createSoleIngress(httpServer, config, logger);
      listeners.push(listener);
      return listener;
    },
  };
  const whole = createWorker(config, identity, logger, entrance, features);
  const operators = createListener(createServer(whole.operate), config.host, 0);
  const stop = () => within(whole.stop(), STOPS_WITHIN_MS, "the stop of the worker");
  onEnd(stop);
  await whole.start();
  await operators.start();
  onEnd(operators.stop);
  return {
    // localhost may also be ::1, where another server may listen
    url: (listeners[0]?.url() ?? "").replace("localhost", config.host),
    adminUrl: operators.url().replace("localhost", config.host),
    config,
    logs: log.lines,
    waitForLog: log.waitFor,
    metrics: async () => toText([await whole.collect()]),
    stop,
  };
}
