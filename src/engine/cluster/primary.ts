import type { Worker } from "node:cluster";
import { setupPrimary as setupAdapterRelay } from "@socket.io/cluster-adapter";
import { createOperatorProxy } from "../admin/operator-proxy.js";
import { operatorSocketOf } from "../admin/operator-socket.js";
import type { Config } from "../config/config.js";
import { createHistory } from "../history/history.js";
import { createSilenceLog } from "../history/silence.js";
import { compose } from "../process/lifecycle.js";
import type { Logger } from "../process/logger.js";
import type { StartError } from "../process/start-error.js";
import { createIngress } from "../routing/primary/ingress.js";
import type { Service } from "../service.js";
import { createKeyFile } from "../trust/keys/key-file.js";
import { createGathering } from "./gathering.js";
import { createInstanceDesk } from "./instance-desk.js";
import { createKeySetKeeper } from "./key-set-keeper.js";
import { createRollCall } from "./roll-call.js";
import { createWorkerPool } from "./worker-pool.js";

/**
 * The primary of a cluster: forks and watches the workers and sees to it that connections reach them. It runs no
 * application code, so that nothing a request does can end it. It listens only when every worker is ready, and stops
 * listening first.
 */
export function createPrimary(config: Config, log: Logger, onGiveUp: (error: StartError) => void): Service {
  const ingress = createIngress(
    config,
    log,
    { routable: () => pool.routable(), isRetired: (worker) => pool.isRetired(worker) },
    operatorSocketOf,
  );
  const keys = createKeyFile(config.keys, (changed) => pool.tell({ type: "shoal:keys", keys: changed }), log);
  const gathering = createGathering();
  const rollCall = createRollCall();
  const history = createHistory({
    instance: config.instance,
    silent: rollCall.silent,
    status: () => pool.status(),
    measure: async () => (await gathering.collect()).workers,
    onLook: createSilenceLog(log),
  });
  const pool = createWorkerPool(
    config,
    log,
    onGiveUp,
    ingress.prepareSocketDir,
    keys.value,
    history.happened,
  );
  // With Redis the workers hear each other through it.
  if (config.redis === undefined) setupAdapterRelay();

  /** Whoever does not answer is asked only where there is nobody else. */
  function answering(): Worker[] {
    const silent = history.silent();
    const isSilent = ({ process }: Worker): number => (silent.has(process.pid ?? 0) ? 1 : 0);
    return pool.routable().sort((one, other) => isSilent(one) - isSilent(other));
  }

  async function reload(): Promise<void> {
    await keys.reread();
    history.happened("reloading");
    try {
      await pool.reload();
      history.happened("reloaded");
    } catch (error) {
      history.happened("reload-failed", undefined, String(error));
      throw error;
    }
  }

  const desk = createInstanceDesk(history);
  return {
    ...compose("primary", [
      ...[gathering, rollCall, keys, createKeySetKeeper(), ingress.ground, desk],
      ...[pool, history, ingress.gate],
    ]),
    canServe: () => pool.routable().length > 0,
    measure: async () => ({ ...(await gathering.collect()), restarts: pool.restarts(), ends: pool.ends() }),
    operate: createOperatorProxy(ingress.socketDir, answering),
    drain() {
      history.happened("draining");
      return pool.drain();
    },
    reload,
    url: ingress.gate.url,
    kill: pool.kill,
  };
}
