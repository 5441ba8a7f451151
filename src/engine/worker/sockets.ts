import cluster from "node:cluster";
import type { Config } from "../config/config.js";
import type { ClientAddress } from "../http/client-address.js";
import type { Delays } from "../http/delays.js";
import { createEventStreams, type EventStreams } from "../http/event-streams.js";
import { createHostCheck, type OriginCheck } from "../http/origin.js";
import { createRefusedOrigins } from "../http/refused-origins.js";
import type { SlowRefusals } from "../http/slow-refusals.js";
import { createSpacedRequests } from "../http/spaced-requests.js";
import type { Internals } from "../internals/internals.js";
import type { EventLoopLag } from "../metrics/event-loop-lag.js";
import type { WorkerMetrics } from "../metrics/worker-metrics.js";
import { descriptorCapacity } from "../process/descriptors.js";
import { type Component, compose } from "../process/lifecycle.js";
import type { Logger } from "../process/logger.js";
import { createAdapterSetup } from "../realtime/adapter.js";
import { type Admission, createAdmission } from "../realtime/admission.js";
import { createBusSeal } from "../realtime/bus-seal.js";
import { createConnectionAge } from "../realtime/connection-age.js";
import { countConnections } from "../realtime/connection-count.js";
import { type Connections, createConnections } from "../realtime/connections/connections.js";
import { createFanOut } from "../realtime/fan-out/fan-out.js";
import { createIo, type Io } from "../realtime/io.js";
import type { WorkerLink } from "../realtime/room-bus.js";
import { createSlowClientGuard } from "../realtime/slow-clients.js";
import type { RateLimit } from "../trust/limits/rate-limit.js";
import { createProxyHint } from "./proxy-hint.js";
import type { Stores } from "./stores.js";

/** IPC between siblings is there as long as they are; what it loses, the rooms' sweep finds. */
const IPC_LINK: WorkerLink = { isUp: () => true, onReady: () => () => {} };

/** The Socket.IO server before it serves: who may connect, who else is there, and what watches over connections. */
export interface Sockets {
  readonly io: Io;
  readonly connections: Connections;
  readonly admission: Admission;
  /** Count as connections, too. */
  readonly streams: EventStreams;
  /** To the other workers; absent when there are none. */
  readonly link: WorkerLink | undefined;
  /** What joins the workers: Redis with its seal, and the adapter. Starts before anybody is served. */
  readonly bus: Component;
  /** What is done with connections besides serving them. Starts after the server is attached. */
  readonly guards: Component;
}

/** What they are made of. */
export interface SocketParts {
  readonly config: Config;
  readonly checkOrigin: OriginCheck;
  readonly stores: Pick<Stores, "mongo" | "redis" | "busKey">;
  readonly internals: Internals;
  readonly metrics: WorkerMetrics;
  readonly lag: EventLoopLag;
  /** Of one address. */
  readonly handshakes: RateLimit;
  readonly requests: RateLimit;
  readonly slowRefusals: SlowRefusals;
  readonly delays: Delays;
  readonly clientAddress: ClientAddress;
  readonly log: Logger;
}

export function createSockets({
  config,
  checkOrigin,
  stores,
  internals,
  metrics,
  lag,
  handshakes,
  requests,
  slowRefusals,
  delays,
  clientAddress,
  log,
}: SocketParts): Sockets {
  const { redis, mongo, busKey } = stores;
  const connections = createConnections();
  const refusedOrigins = createRefusedOrigins(log, () => performance.now());
  const io = createIo(config, checkOrigin, connections.onWebSocket, refusedOrigins);
  const seal = createBusSeal({
    ...{ firstKey: busKey.prepare, readKey: busKey.read, log },
    refused: () => metrics.bus.refused("foreign"),
  });
  const limit = Math.min(config.admission.connections, descriptorCapacity()); // of which the start has warned
  const limits = { ...config.admission, connections: limit };
  const streams = createEventStreams({
    perUser: config.admission.perUser,
    most: () => limit - io.engine.clientsCount,
    maxAgeMs: config.admission.maxAgeMs,
    refused: () => metrics.limits.refused("connections"),
    failed: (error) => log.error({ err: error }, "a stream failed"),
  });
  const hint = createProxyHint(config.trustProxy, log);
  const admission = createAdmission({
    ...{ io, connections, streams, limits, handshakes, requests, slowRefusals, clientAddress, checkOrigin },
    isOwnHost: createHostCheck(config.allowedHosts),
    spaced: createSpacedRequests(config.rates.ipHandshakes, slowRefusals, delays, () => performance.now()),
    meanLagMs: lag.meanMs,
    onHandshake(result, request) {
      if (result === "address") hint(request);
      // What gets past it may still be refused: Engine.IO tells what it accepts.
      if (result !== "accepted") metrics.connections.handshake(result);
    },
  });
  metrics.show({
    connections: () => countConnections(connections),
    connectionsLimit: limit,
    streams: streams.count,
    lagMs: lag.meanMs,
    mongo,
    redis,
  });
  const adapter = createAdapterSetup(
    io,
    redis && config.redis && { clients: redis, config: config.redis, seal },
    log,
  );

  return {
    ...{ io, connections, admission, streams },
    link: redis ?? (cluster.isWorker ? IPC_LINK : undefined),
    bus: compose("bus", redis === undefined ? [adapter] : [redis, seal, adapter]),
    guards: compose("guards", [
      createFanOut(io, internals),
      createSlowClientGuard(connections, config.limits.backlog, metrics.connections, internals, log),
      createConnectionAge(connections, config.admission.maxAgeMs),
    ]),
  };
}
