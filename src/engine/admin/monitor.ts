import type { Config } from "../config/config.js";
import { formatFor, TEXT } from "../metrics/exposition.js";
import { createInstanceMetrics, NO_MEASUREMENTS } from "../metrics/instance-metrics.js";
import { type Component, compose } from "../process/lifecycle.js";
import type { Service } from "../service.js";
import { createAdminServer, type Readiness } from "./admin-server.js";
import { createConsoleFiles } from "./console-files.js";

/** How far an instance is in its life. */
export type Phase = "starting" | "serving" | "draining";

/** What an instance tells about itself on its private port: from before it serves until after it has ended. */
export interface Monitor extends Component {
  /** Address of the private port; known once started. */
  url(): string;
  /** Says how far the instance is; after `draining` there is no way back. */
  enter(phase: Phase): void;
}

/** Watches the service, which may not be there yet. */
export function createMonitor(
  config: Pick<Config, "admin" | "workers" | "tracesEndpoint">,
  service: () => Pick<Service, "canServe" | "measure" | "operate"> | undefined,
): Monitor {
  let phase: Phase = "starting";

  function readiness(): Readiness {
    if (phase !== "serving") return phase;
    return service()?.canServe() ? "ready" : "no workers";
  }

  const metrics = createInstanceMetrics({
    workers: config.workers,
    isDraining: () => phase === "draining",
    measure: async () => service()?.measure() ?? NO_MEASUREMENTS,
  });
  const server = createAdminServer(config.admin.host, config.admin.port, {
    readiness,
    operate: () => service()?.operate,
    page: createConsoleFiles(),
    async metrics(accept) {
      // Without traces there are no exemplars, which are all that the other format has more.
      const format = config.tracesEndpoint === "" ? TEXT : formatFor(accept);
      return { type: format.type, text: await metrics.text(format) };
    },
  });

  return {
    ...compose("monitor", [metrics, server]),
    url: server.url,
    enter(next) {
      if (phase !== "draining") phase = next;
    },
  };
}
