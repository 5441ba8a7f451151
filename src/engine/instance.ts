import { createEmbeddedMongodb } from "../dev/embedded-mongodb/embedded-mongodb.js";
import { createMonitor } from "./admin/monitor.js";
import type { Config } from "./config/config.js";
import { compose, lazily } from "./process/lifecycle.js";
import { createPortProbe } from "./process/listener.js";
import type { Logger } from "./process/logger.js";
import type { StartError } from "./process/start-error.js";
import { stopTimesOf } from "./process/stop-times.js";
import type { Service } from "./service.js";

/** One running Shoal. */
export interface Instance extends Omit<Service, "canServe" | "measure" | "operate"> {
  /** Address of the private port; known once started. */
  adminUrl(): string;
  /** The whole URI of the MongoDB in use; a second instance is given that of the embedded one. */
  mongodbUri(): string;
}

/**
 * An instance as configured: its private port, which is there first and last, its embedded MongoDB unless it has another
 * one, then one process or a cluster. Whether the public port can be had is looked up before all of these.
 */
export function createInstance(config: Config, log: Logger, onGiveUp: (error: StartError) => void): Instance {
  const embedded =
    config.mongodbUri === ""
      ? createEmbeddedMongodb({
          dataDir: config.dataDir,
          log,
          stopTimeoutMs: stopTimesOf(config.shutdownTimeoutMs).mongodbMs,
        })
      : undefined;
  const mongodbUri = (): string => embedded?.uri() ?? config.mongodbUri;
  let service: Service | undefined;

  const serving = lazily("service", async () => {
    const complete = { ...config, mongodbUri: mongodbUri() };
    service = await (config.workers === 1 ? single(complete, log) : primary(complete, log, onGiveUp));
    return service;
  });

  const monitor = createMonitor(config, () => service);
  const probe = createPortProbe(config.host, config.port);
  const parts = [probe, monitor, ...(embedded === undefined ? [] : [embedded]), serving];
  const started = new Set<string>();
  const whole = compose("instance", parts, (part) => started.add(part));

  return {
    ...whole,
    async start() {
      await whole.start();
      monitor.enter("serving");
    },
    async drain() {
      monitor.enter("draining");
      await service?.drain();
    },
    stop() {
      monitor.enter("draining");
      // A stop waits for the start that is under way, and a database that was killed may take long to open. Once it serves it stops last.
      if (embedded !== undefined && !started.has(embedded.name)) void embedded.stop();
      return whole.stop();
    },
    mongodbUri,
    url: () => service?.url() ?? "",
    adminUrl: monitor.url,
    reload: async () => service?.reload(),
    kill: () => service?.kill(),
  };
}

// A primary needs nothing of what serves: loading it would take half a second and 60 MB of every instance.

async function single(config: Config, log: Logger): Promise<Service> {
  const { createSingleProcess } = await import("./worker/single-process.js");
  return createSingleProcess(config, log);
}

async function primary(config: Config, log: Logger, onGiveUp: (error: StartError) => void): Promise<Service> {
  const { createPrimary } = await import("./cluster/primary.js");
  return createPrimary(config, log, onGiveUp);
}
