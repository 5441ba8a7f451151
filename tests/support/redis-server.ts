import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { freePort } from "../../tools/shared/ports.js";
import { type Child, spawnProgram } from "./child.js";
import type { Line } from "./line-log.js";
import { tempDir } from "./temp-dir.js";

export interface RedisServer {
  readonly host: string;
  readonly port: number;
  /** redis://host:port */
  readonly url: string;
  /** Of the process that runs now, or ran last. */
  readonly pid: number;
  /** Runs one command with redis-cli and returns what it prints. @throws when Redis answers with an error. */
  command(...words: string[]): Promise<string>;
  /** SIGKILL; returns when the process is gone. */
  kill(): Promise<void>;
  /** Runs it (again) on the same port and directory, after stopping it if it runs. Memory starts empty. */
  restart(): Promise<void>;
  /** SIGTERM; returns when the process is gone. */
  stop(): Promise<void>;
}

export interface RedisOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** More options of redis-server, as on its command line. */
  readonly args?: readonly string[];
  /** A file of options that the server may rewrite; `args` win over it. */
  readonly configFile?: string;
  /** As a node of a cluster; see startRedisCluster. */
  readonly cluster?: boolean;
}

const HOST = "127.0.0.1";
const PORT_TRIES = 5;
const READY = /Ready to accept connections|Sentinel ID is/;
const PORT_TAKEN = /Address already in use/;

/** Thrown when the port was taken between the choice and the start. */
class PortTakenError extends Error {}

/**
 * A real redis-server on 127.0.0.1, without persistence, in a directory of its own. Ends by itself.
 * @throws when redis-server is missing (saying how to install it) or does not start.
 */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  for (let tries = 1; ; tries++) {
    try {
      return await startOnce(options.port ?? (await freePort()), options);
    } catch (error) {
      const another = error instanceof PortTakenError && options.port === undefined;
      if (!another || tries === PORT_TRIES) throw error;
    }
  }
}

async function startOnce(port: number, options: RedisOptions): Promise<RedisServer> {
  const dir = await tempDir("redis");
  const args = ["--port", port, "--bind", HOST, "--dir", dir, "--save", "", "--appendonly", "no"].map(String);
  if (options.cluster === true) {
    // The bus has its own port; the default, port + 10000, may be taken.
    args.push("--cluster-enabled", "yes", "--cluster-port", String(await freePort()));
    args.push("--cluster-node-timeout", "2000");
  }
  args.push(...(options.args ?? []));
  if (options.configFile !== undefined) args.unshift(options.configFile);
  let child = await run(args);

  async function restart(): Promise<void> {
    await child.stop();
    child = await run(args);
  }

  async function kill(): Promise<void> {
    child.kill("SIGKILL");
    await child.exited;
  }

  return {
    host: HOST,
    port,
    url: `redis://${HOST}:${port}`,
    get pid() {
      return child.pid;
    },
    command: (...words) => redisCommand(port, words),
    kill,
    restart,
    stop: async () => void (await child.stop()),
  };
}

/** Runs redis-server until it accepts connections. Told by its own output: a connection may reach another server. */
async function run(args: readonly string[]): Promise<Child> {
  const child = await spawnProgram("redis-server", { args }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    throw new Error("redis-server is not installed; run: apt-get install redis-server", { cause: error });
  });
  const telling = await child.waitForLine(
    (line: Line) => READY.test(line.text) || PORT_TAKEN.test(line.text),
  );
  if (PORT_TAKEN.test(telling.text)) throw new PortTakenError(telling.text);
  return child;
}

async function redisCommand(port: number, words: readonly string[]): Promise<string> {
  // -e: an error answer goes to stderr and makes the program fail
  const args = ["-e", "-h", HOST, "-p", String(port), ...words];
  const { stdout } = await promisify(execFile)("redis-cli", args).catch((error: { stderr?: string }) => {
    throw new Error(error.stderr?.trim() || String(error), { cause: error });
  });
  return stdout.trim();
}
