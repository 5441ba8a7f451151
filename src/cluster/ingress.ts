import type { Worker } from "node:cluster";
import type { Config } from "../config/config.js";
import { type Component, compose, lazily } from "../lifecycle.js";
import { createListener, type Listener } from "../listener.js";
import type { Logger } from "../logger.js";
import { createConnections } from "./connections.js";
import { createHandOvers } from "./hand-overs.js";
import { createSharedPort } from "./shared-port.js";
import { createShares } from "./shares.js";
import { createStickyServer } from "./sticky-server.js";
import { createTurns } from "./turns.js";

/** Part of the shutdown time for answers on their way to clients, after the workers have ended. */
const FLUSH_SHARE = 0.1;

/** The primary's part in bringing connections to workers. The workers' part is an `IngressFactory`. */
export interface Ingress {
  /** What has to be there before the first worker is forked and until the last one has ended. */
  readonly ground: Component;
  /** How connections find their worker; `missing`: what a worker lacks for `forward`. The first answer is for good. */
  routingOf(missing: readonly string[]): Config["routing"];
  /** Opens the port when every worker is ready, and closes it before any of them is asked to end. */
  readonly gate: Listener;
}

/** As `ROUTING` says, unless this Node lacks what `forward` needs: then `sticky`, with one warning. */
export function createIngress(config: Config, log: Logger, routable: () => readonly Worker[]): Ingress {
  const connections = createConnections(config.shutdownTimeoutMs * FLUSH_SHARE);
  const shares = createShares(routable);
  const turns = createTurns(routable, connections, shares);
  const forwarding = config.routing === "forward" ? [createHandOvers(turns), shares] : [];
  let routing: Config["routing"] | undefined;
  let listener: Listener | undefined;

  const gate = lazily("gate", () => {
    listener =
      routing === "forward"
        ? createSharedPort(config, routable, turns.createServer, log)
        : createListener(createStickyServer(routable, connections), config.host, config.port);
    return listener;
  });

  function choose(missing: readonly string[]): Config["routing"] {
    if (config.routing === "sticky" || missing.length === 0) return config.routing;
    log.warn({ missing }, "ROUTING=forward is not possible with this version of Node; sticky serves");
    return "sticky";
  }

  return {
    ground: compose("ingress", [...forwarding, connections]),
    routingOf(missing) {
      routing ??= choose(missing);
      return routing;
    },
    gate: { ...gate, url: () => listener?.url() ?? "" },
  };
}
