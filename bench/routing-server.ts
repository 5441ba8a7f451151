import cluster from "node:cluster";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { createIngress } from "../src/cluster/ingress.js";
import { type Config, readConfig } from "../src/config/config.js";
import { createLogger } from "../src/logger.js";
import { createIo } from "../src/realtime/io.js";
import { createPrimaryLink } from "../src/worker/primary-link.js";
import { createForwardIngress } from "../src/worker/routing/forward-ingress.js";

/** What is compared: both of Shoal's ways, and Node's cluster as it is, which can carry WebSocket only. */
export const SIDES = ["sticky", "forward", "plain round robin", "plain shared"] as const;
export type Side = (typeof SIDES)[number];

/** What the server says when it serves. */
export interface Serving {
  readonly url: string;
  /** Its processes, the primary first. */
  readonly pids: readonly number[];
}

const WORKERS = 2;
/** Told to the workers by the environment, as the program is the same. */
const [side, program] = [process.argv[2] as Side | undefined, fileURLToPath(import.meta.url)];

function configFor(port: number): Config {
  const routing = side === "forward" ? "forward" : "sticky";
  return readConfig({ NODE_ENV: "test", PORT: String(port), ROUTING: routing, LOG_LEVEL: "error" });
}

async function runPrimary(): Promise<void> {
  const config = configFor(0);
  const log = createLogger("error");
  const living = () => Object.values(cluster.workers ?? {}).filter((one) => one !== undefined);
  const ingress = createIngress(config, log, living);
  const own = side === "sticky" || side === "forward";
  if (own) await ingress.ground.start();
  else cluster.schedulingPolicy = side === "plain shared" ? cluster.SCHED_NONE : cluster.SCHED_RR;
  // Here Node takes the policy for good.
  cluster.setupPrimary({ exec: program, args: process.argv.slice(2), serialization: "advanced" });
  let port = 0;
  cluster.on("listening", (_worker, address) => {
    port = address.port;
  });
  const env = { BENCH_DIRECTORY: own ? ingress.meetIn([]) : undefined };
  const workers = Array.from({ length: WORKERS }, () => cluster.fork(env));
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once("message", resolve))));
  if (own) await ingress.gate.start();
  const url = own ? ingress.gate.url() : `http://localhost:${port}`;
  const pids = [process.pid, ...workers.map((worker) => worker.process.pid ?? 0)];
  process.send?.({ url: url.replace("localhost", "127.0.0.1"), pids } satisfies Serving);
  process.once("disconnect", () => {
    for (const worker of workers) worker.process.kill("SIGKILL");
    void ingress.ground.stop().finally(() => process.exit());
  });
}

async function runWorker(): Promise<void> {
  const name = String(cluster.worker?.id);
  const httpServer = createServer((request, response) => {
    request.resume().once("end", () => {
      response.writeHead(200, { "Content-Type": "application/json", "X-Worker": name });
      response.end('{"message":"Hello"}');
    });
  });
  const config = configFor(0);
  const io = createIo(config, () => true);
  io.attach(httpServer);
  io.engine.on("headers", (headers: Record<string, string>) => {
    headers["X-Worker"] = name;
  });
  const { BENCH_DIRECTORY: directory = "" } = process.env;
  if (side === "forward") await createForwardIngress({ directory, config, io, httpServer }).start();
  else if (side === "sticky") await createPrimaryLink(io).start();
  else {
    await new Promise<void>((resolve) => httpServer.listen(0, "127.0.0.1", 4096, resolve));
    const { port } = httpServer.address() as AddressInfo;
    process.send?.({ port });
  }
}

if (side !== undefined && process.argv[1] === program) {
  await (cluster.isPrimary ? runPrimary() : runWorker());
}
