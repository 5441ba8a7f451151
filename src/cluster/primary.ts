import { setupPrimary as setupAdapterRelay } from "@socket.io/cluster-adapter";
import type { Config } from "../config/config.js";
import { compose } from "../lifecycle.js";
import type { Logger } from "../logger.js";
import type { Service } from "../service.js";
import type { StartError } from "../start-error.js";
import { createGathering } from "./gathering.js";
import { createIngress } from "./ingress.js";
import { createOperatorProxy } from "./operator-proxy.js";
import { createWorkerPool } from "./worker-pool.js";

/**
 * The primary of a cluster: forks and watches the workers and sees to it that connections reach them. It runs no
 * application code, so that nothing a request does can end it. It listens only when every worker is ready, and stops
 * listening first.
 */
export function createPrimary(config: Config, log: Logger, onGiveUp: (error: StartError) => void): Service {
  const ingress = createIngress(config, log, () => pool.routable());
  const pool = createWorkerPool(config, log, onGiveUp, ingress.socketDir);
  const gathering = createGathering();
  // With Redis the workers hear each other through it.
  if (config.redis === undefined) setupAdapterRelay();

  return {
    ...compose("primary", [gathering, ingress.ground, pool, ingress.gate]),
    canServe: () => pool.routable().length > 0,
    measure: async () => ({ ...(await gathering.collect()), restarts: pool.restarts() }),
    operate: createOperatorProxy(ingress.socketDir, pool.routable),
    drain: pool.drain,
    reload: pool.reload,
    url: ingress.gate.url,
    kill: pool.kill,
  };
}
