import type { WorkerPhase } from "../../contract/instances.js";
import type { Config } from "../config/config.js";
import { createHistory } from "../history/history.js";
import { compose } from "../process/lifecycle.js";
import type { Listener } from "../process/listener.js";
import type { Logger } from "../process/logger.js";
import { createSoleIngress } from "../routing/worker/sole-ingress.js";
import type { Measurements, Service } from "../service.js";
import { createKeyFile } from "../trust/keys/key-file.js";
import { createWorker } from "./worker.js";

/** The whole service in this process, with no primary: the form for pods of one process. */
export function createSingleProcess(config: Config, log: Logger): Service {
  const identity = { instance: config.instance, worker: 1 };
  let listener: Listener | undefined;
  const since = new Date().toISOString();
  const history = createHistory({
    instance: config.instance,
    status: () => [{ worker: 1, pid: process.pid, state: phase, since, restarts: 0 }],
    measure: async () => new Map([[identity.worker, await worker.collect()]]),
    onLook() {}, // a process that hangs cannot tell of itself
  });
  let phase: WorkerPhase = "ready"; // nobody can ask sooner
  const worker = createWorker(config, identity, log.child({ worker: 1 }), {
    siblings: [],
    instance: { ...history, here: async (after) => history.report(after) },
    createIngress(_io, httpServer) {
      listener = createSoleIngress(httpServer, config, log);
      return listener;
    },
  });
  const keys = createKeyFile(config.keys, worker.replaceKeys, log);
  async function reload(): Promise<void> {
    await keys.reread();
    throw new Error("WORKERS is 1: there is no worker to replace");
  }
  const measure = async (): Promise<Measurements> => ({
    workers: new Map([[identity.worker, await worker.collect()]]),
    leaving: new Map(),
    restarts: new Map(),
    ends: new Map(),
  });
  return {
    ...worker,
    ...compose("service", [keys, worker]),
    drain() {
      phase = "leaving";
      history.happened("draining");
      return worker.drain();
    },
    reload,
    measure,
    canServe: () => true,
    url: () => listener?.url() ?? "",
    kill: () => {},
  };
}
