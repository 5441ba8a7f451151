import { setupPrimary as setupAdapterRelay } from "@socket.io/cluster-adapter";
import type { Config } from "../config/config.js";
import { compose } from "../lifecycle.js";
import { createListener, type Listener } from "../listener.js";
import type { Logger } from "../logger.js";
import type { Service } from "../service.js";
import type { StartError } from "../start-error.js";
import { createConnections } from "./connections.js";
import { createGathering } from "./gathering.js";
import { createStickyServer } from "./sticky-server.js";
import { createWorkerPool } from "./worker-pool.js";

/** Part of the shutdown time for answers on their way to clients, after the workers have ended. */
const FLUSH_SHARE = 0.1;

/**
 * The primary of a cluster: forks and watches the workers and shares out connections. It runs no application code, so
 * that nothing a request does can end it. It listens only when every worker is ready, and stops listening first.
 */
export function createPrimary(config: Config, log: Logger, onGiveUp: (error: StartError) => void): Service {
  const pool = createWorkerPool(config, log, onGiveUp);
  const gathering = createGathering();
  const connections = createConnections(config.shutdownTimeoutMs * FLUSH_SHARE);
  const server = createStickyServer(pool.routable, connections);
  const listener: Listener = createListener(server, config.host, config.port);
  // With Redis the workers hear each other through it.
  if (config.redis === undefined) setupAdapterRelay();

  return {
    ...compose("primary", [gathering, connections, pool, listener]),
    canServe: () => pool.routable().length > 0,
    measure: async () => ({ ...(await gathering.collect()), restarts: pool.restarts() }),
    drain: pool.drain,
    reload: pool.reload,
    url: listener.url,
    kill: pool.kill,
  };
}
