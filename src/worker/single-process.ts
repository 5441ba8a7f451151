import type { Config } from "../config/config.js";
import { createListener, type Listener } from "../listener.js";
import type { Logger } from "../logger.js";
import type { Service } from "../service.js";
import { createWorker } from "./worker.js";

/** The whole service in this process, with no primary: the form for pods of one process. */
export function createSingleProcess(config: Config, log: Logger): Service {
  const identity = { instance: config.instance, worker: 1 };
  let listener: Listener | undefined;
  const worker = createWorker(config, identity, log.child({ worker: 1 }), (_io, httpServer) => {
    listener = createListener(httpServer, config.host, config.port);
    return listener;
  });
  return { ...worker, url: () => listener?.url() ?? "", kill: () => {} };
}
