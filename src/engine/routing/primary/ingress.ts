import type { Worker } from "node:cluster";
import type { Config } from "../../config/config.js";
import { UNTAKEN_MS } from "../../http/untaken-answers.js";
import { type Component, compose } from "../../process/lifecycle.js";
import { createListener, type Listener } from "../../process/listener.js";
import type { Logger } from "../../process/logger.js";
import { stopTimesOf } from "../../process/stop-times.js";
import { socketPathOf } from "../worker/siblings.js";
import { createDispatcher } from "./dispatcher.js";
import { createHandOvers } from "./hand-overs.js";
import { createReusePort } from "./reuse-port.js";
import { createSocketDir } from "./socket-dir.js";
import { createStickyServer } from "./sticky-server.js";
import { createStickySockets } from "./sticky-sockets.js";

/** The primary's part in bringing connections to workers. The workers' part is an `Entrance`. */
export interface Ingress {
  /** Runs from before the first worker is forked until the last one has ended. */
  readonly ground: Component;
  /** Where the workers have their private sockets; to be asked once a worker listens, while `ground` runs. */
  socketDir(): string;
  /** The same for a worker that is about to listen there. */
  prepareSocketDir(): string;
  /** Opens the port when every worker is ready, and closes it before any of them is asked to end. */
  readonly gate: Listener;
}

/** What there is of workers, as connections are brought to them. */
export interface Crew {
  /** Those that may be given new connections. */
  routable(): readonly Worker[];
  /** Whether it was told to end: it waits only for what it was given before. */
  isRetired(worker: Worker): boolean;
}

/** As `ROUTING` and `LISTEN` say. `socketOf` is where a worker has its further socket. */
export function createIngress(
  config: Config,
  log: Logger,
  crew: Crew,
  socketOf: (socketDir: string, worker: number) => string,
): Ingress {
  const sockets = createSocketDir((dir, worker) => [socketPathOf(dir, worker), socketOf(dir, worker)], log);
  const { ground, gate } = config.routing === "sticky" ? sticky(config, crew) : forward(config, log, crew);
  const { path: socketDir, prepare: prepareSocketDir } = sockets;
  return { ground: compose("ingress", [sockets, ground]), socketDir, prepareSocketDir, gate };
}

function forward(config: Config, log: Logger, { routable, isRetired }: Crew) {
  const { listener, ground } = createDispatcher(config, routable, log);
  const handOvers = createHandOvers(routable, isRetired);
  const gate = config.listen === "primary" ? listener : createReusePort(config, routable, log);
  return { ground: compose("routing", [ground, handOvers]), gate };
}

function sticky(config: Config, { routable }: Crew) {
  const { acceptingMs, flushMs } = stopTimesOf(config.shutdownTimeoutMs);
  const sockets = createStickySockets(flushMs, UNTAKEN_MS);
  const server = createStickyServer(routable, sockets);
  return { ground: sockets, gate: createListener(server, config.host, config.port, { acceptingMs }) };
}
