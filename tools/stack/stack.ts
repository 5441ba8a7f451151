import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEmbeddedMongodb } from "../../src/dev/embedded-mongodb/embedded-mongodb.js";
import { type Component, compose } from "../../src/engine/process/lifecycle.js";
import { createLogger } from "../../src/engine/process/logger.js";
import { freePorts, HOST } from "../shared/ports.js";
import type { Watcher } from "../shared/program.js";
import { createStackInstance, type StackInstance } from "./instance.js";
import { createNginx } from "./nginx.js";
import { createRedis } from "./redis.js";

export interface StackOptions {
  /** The project's folder; dist/ has to be built. */
  readonly project: string;
  /** Of the one public URL. Default: a free one. */
  readonly port?: number;
  /** Default 2. */
  readonly instances?: number;
  /** Of each instance. Default 2. */
  readonly workers?: number;
  /** For the instances; without a DRAIN_WINDOW_MS it is 0. What makes the topology (ports, stores, proxy) wins. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly watcher: Watcher;
}

/** The topology of production on one machine: nginx, instances, Redis and MongoDB, each a process. */
export interface Stack extends Component {
  /** nginx's. */
  readonly url: string;
  readonly instances: readonly StackInstance[];
  /** File with nginx's access log; known once started, gone with the stack. */
  accessLog(): string;
}

/** Slack for an end, besides the drain window and the shutdown timeout, in milliseconds. */
const STOP_SLACK_MS = 5000;

/** Nothing runs before `start`, and nothing after `stop`, which ends everything in reverse order and deletes the data. */
export async function createStack(options: StackOptions): Promise<Stack> {
  const { project, env, watcher, instances: count = 2 } = options;
  const [free = 0, redisPort = 0, ...ports] = await freePorts(count + 2);
  const port = options.port ?? free;
  const directory = join(tmpdir(), `shoal-stack-${randomBytes(4).toString("hex")}`);
  const redisDirectory = join(directory, "redis");

  const mongodb = createEmbeddedMongodb({
    dataDir: join(directory, "mongodb"),
    cacheDir: join(project, ".cache"),
    log: createLogger("info", { write: (text) => watcher.line("mongodb", text.trimEnd()) }),
  });
  const redis = createRedis({ port: redisPort, directory: redisDirectory, env, watcher });
  const instances = ports.map((instancePort, index) =>
    createStackInstance({
      name: `app${index + 1}`,
      port: instancePort,
      program: join(project, "dist", "main.js"),
      env: () => ({
        ...env,
        DRAIN_WINDOW_MS: env.DRAIN_WINDOW_MS || "0",
        ...topology(options.workers ?? 2, mongodb.uri(), redis.url()),
      }),
      watcher,
      stopWithinMs: stopTimeMs(env),
    }),
  );
  const nginx = createNginx({
    source: join(project, "nginx"),
    directory: join(directory, "nginx"),
    listen: `${HOST}:${port}`,
    port,
    instances: ports.map((instancePort) => `${HOST}:${instancePort}`),
    env,
    watcher,
  });

  const data: Component = {
    name: "data",
    async start() {
      mkdirSync(directory, { mode: 0o700 });
      mkdirSync(redisDirectory);
    },
    stop: async () => rmSync(directory, { recursive: true, force: true }),
  };
  const all = compose("stack", [data, mongodb, redis, together(instances), nginx]);
  return { ...all, url: `http://${HOST}:${port}`, instances, accessLog: nginx.accessLog };
}

/** What every instance is told, however the caller's environment is. */
function topology(workers: number, mongodbUri: string, redisUrl: string): Record<string, string> {
  return {
    WORKERS: String(workers),
    ADMIN_HOST: HOST,
    ADMIN_PORT: "0",
    MONGODB_URI: mongodbUri,
    REDIS_URL: redisUrl,
    REDIS_TOPOLOGY: "single",
    TRUST_PROXY: "1",
  };
}

/** The drain, then the end; the defaults are those of src/engine/config. */
function stopTimeMs({ DRAIN_WINDOW_MS, SHUTDOWN_TIMEOUT_MS }: StackOptions["env"]): number {
  return Number(DRAIN_WINDOW_MS || 0) + Number(SHUTDOWN_TIMEOUT_MS || 10_000) + STOP_SLACK_MS;
}

/** Components that start and stop at the same time. */
function together(parts: readonly Component[]): Component {
  return {
    name: "instances",
    async start() {
      await Promise.all(parts.map((part) => part.start()));
    },
    async stop() {
      await Promise.all(parts.map((part) => part.stop()));
    },
  };
}
