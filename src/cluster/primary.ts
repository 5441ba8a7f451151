import { setupPrimary as setupAdapterRelay } from "@socket.io/cluster-adapter";
import type { Config } from "../config/config.js";
import { compose } from "../lifecycle.js";
import { createListener, type Listener } from "../listener.js";
import type { Logger } from "../logger.js";
import type { Service } from "../service.js";
import type { StartError } from "../start-error.js";
import { createConnectionFlush, createStickyServer } from "./sticky-server.js";
import { createWorkerPool } from "./worker-pool.js";

/**
 * The primary of a cluster: forks and watches the workers and shares out connections. It runs no application code, so
 * that nothing a request does can end it. It listens only when every worker is ready, and stops listening first.
 */
export function createPrimary(config: Config, log: Logger, onGiveUp: (error: StartError) => void): Service {
  const pool = createWorkerPool(config, log, onGiveUp);
  const server = createStickyServer(pool.unroutable);
  const listener: Listener = createListener(server, config.host, config.port);
  // With Redis the workers hear each other through it.
  if (config.redis === undefined) setupAdapterRelay();

  return {
    ...compose("primary", [createConnectionFlush(server), pool, listener]),
    url: listener.url,
    kill: pool.kill,
  };
}
