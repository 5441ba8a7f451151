import type { Server as HttpServer } from "node:http";
import { createClientAddress } from "../client-address.js";
import type { Config } from "../config/config.js";
import type { Identity } from "../domain.js";
import { createApp } from "../http/app.js";
import { createInFlight } from "../http/in-flight.js";
import { createHttpDrain, createHttpServer } from "../http/server.js";
import { type Component, compose } from "../lifecycle.js";
import type { Logger } from "../logger.js";
import { createOriginCheck } from "../origin.js";
import { createIo, type Io } from "../realtime/io.js";
import { createRealtime } from "../realtime/realtime.js";
import { createConnectionAudit } from "../services/connection-audit.js";
import { createHealth } from "../services/health.js";
import { createConnectionEventStore } from "../stores/connection-event-store.js";
import { createMongo } from "../stores/mongo.js";
import { createRedis } from "../stores/redis.js";

/** Part of the shutdown time that open requests may take; the rest is for closing and for the primary. */
const HTTP_DRAIN_SHARE = 0.6;

/** How connections reach a worker: by listening itself, or handed over by the primary. Starts last and stops first. */
export type IngressFactory = (io: Io, httpServer: HttpServer) => Component;

/**
 * The composition root: everything that serves, as one Component. Stores come first and go last; the ingress opens
 * when all else is ready and closes before anything is taken away.
 */
export function createWorker(
  config: Config,
  identity: Identity,
  log: Logger,
  createIngress: IngressFactory,
): Component {
  const isAllowedOrigin = createOriginCheck(config.corsOrigins);
  const mongo = createMongo(config.mongodbUri, log);
  const redis = config.redis === undefined ? undefined : createRedis(config.redis, log);
  const audit = createConnectionAudit(createConnectionEventStore(mongo.connection), log);
  const health = createHealth(identity, mongo, redis);

  const inFlight = createInFlight();
  const app = createApp(config, { health, audit }, { log, inFlight, isAllowedOrigin });
  const httpServer = createHttpServer(app);
  const io = createIo(config, isAllowedOrigin);
  const realtime = createRealtime({
    io,
    httpServer,
    redis: redis && config.redis && { clients: redis, config: config.redis },
    audit,
    identity,
    limits: config.limits,
    clientAddress: createClientAddress(config.trustProxy),
    log,
  });

  return compose("worker", [
    mongo,
    audit,
    ...(redis === undefined ? [] : [redis]),
    realtime,
    createHttpDrain(inFlight, config.shutdownTimeoutMs * HTTP_DRAIN_SHARE, log),
    createIngress(io, httpServer),
  ]);
}
