import cluster from "node:cluster";
import type { Server as HttpServer, RequestListener } from "node:http";
import { features as ours } from "../../app/features.js";
import { allOf, createDecide } from "../../contract/access.js";
import type { Identity } from "../../contract/domain.js";
import type { Engine, Feature } from "../../contract/feature.js";
import { gather } from "../../contract/gather.js";
import { createOperatorListener } from "../admin/operator-listener.js";
import type { Config } from "../config/config.js";
import { createApp, createOperatorApp } from "../http/app.js";
import { createClientAddress } from "../http/client-address.js";
import { ENGINE_PATH } from "../http/engine-request.js";
import { createInFlight } from "../http/in-flight.js";
import { createOriginCheck } from "../http/origin.js";
import { createHttpDrain, createHttpServer } from "../http/server.js";
import { createInternals, type Internals } from "../internals/internals.js";
import type { MetricFamily } from "../ipc/messages.js";
import { createEventLoopLag } from "../metrics/event-loop-lag.js";
import { createWorkerMetrics } from "../metrics/worker-metrics.js";
import { descriptorCapacity, descriptorLimit } from "../process/descriptors.js";
import { type Component, compose } from "../process/lifecycle.js";
import type { Logger } from "../process/logger.js";
import { createAdapterSetup } from "../realtime/adapter.js";
import { createAdmission } from "../realtime/admission.js";
import { createBusSeal } from "../realtime/bus-seal.js";
import { createDeliver, createSend } from "../realtime/clients.js";
import { createConnectionAge } from "../realtime/connection-age.js";
import { countConnections } from "../realtime/connection-count.js";
import { createConnections } from "../realtime/connections/connections.js";
import { createFanOut } from "../realtime/fan-out/fan-out.js";
import { createIo, type Io } from "../realtime/io.js";
import { closePaced } from "../realtime/paced-close.js";
import { createRealtime } from "../realtime/realtime.js";
import type { WorkerLink } from "../realtime/room-bus.js";
import { createSlowClientGuard } from "../realtime/slow-clients.js";
import { createPeers } from "../routing/peers/peers.js";
import type { AddressBook } from "../routing/worker/destination.js";
import { createSessionRouter } from "../routing/worker/session-router.js";
import { createBusKeyStore } from "../stores/bus-key-store.js";
import { createMongo, featureCall } from "../stores/mongo.js";
import { createPeerStore } from "../stores/peer-store.js";
import { createPresenceStore } from "../stores/presence-store.js";
import { createRedis } from "../stores/redis.js";
import { createRoomStore } from "../stores/room-store.js";
import { createConnectionCut } from "./connection-cut.js";
import { createDurableRooms } from "./durable-rooms.js";
import { inputLimitsOf } from "./input-limits.js";
import { createMetricsLink } from "./metrics-link.js";
import { createRoomPresence } from "./room-presence.js";

/** Part of the shutdown time that open requests may take; the rest is for closing and for the primary. */
const HTTP_DRAIN_SHARE = 0.6;

/** Part of the shutdown time that clients have to take their leave. */
const FAREWELL_SHARE = 0.1;

/** IPC between siblings is there as long as they are; what it loses, the rooms' sweep finds. */
const IPC_LINK: WorkerLink = { isUp: () => true, onReady: () => () => {} };

/** How clients reach a worker. */
export interface Entrance {
  /** The workers of its instance that have sessions of their own; empty where requests come to the right one anyway. */
  readonly siblings: readonly AddressBook[];
  /** How connections come in: by listening, or from the primary. Starts last and stops first. */
  createIngress(io: Io, httpServer: HttpServer, internals: Internals): Component;
  /** Address of the socket on which operators are answered; undefined where {@link Worker.operate} is called. */
  readonly operatorSocket?: string;
  /** Hears of each part of the worker that has started. */
  onStage?(part: string): void;
}

/** A worker's share of a {@link Service}. */
export interface Worker extends Component {
  /** Lets nobody new in and closes the connections over the drain window; all else is served. Idempotent. */
  drain(): Promise<void>;
  /** Answers a request that came to the private port. */
  readonly operate: RequestListener;
  /** All that it measures, as it is now. */
  collect(): Promise<readonly MetricFamily[]>;
}

/**
 * The composition root: everything that serves, as one Component. Stores come first and go last; the ingress opens
 * when all else is ready and closes before anything is taken away.
 */
export function createWorker(
  config: Config,
  identity: Identity,
  log: Logger,
  entrance: Entrance,
  features: readonly Feature[] = ours,
): Worker {
  const checkOrigin = createOriginCheck(config);
  const metrics = createWorkerMetrics(identity.worker);
  const internals = createInternals(config.internalsOff, log);
  const mongo = createMongo(config.mongodbUri, internals, log);
  const redis = config.redis === undefined ? undefined : createRedis(config.redis, log);
  const connections = createConnections();
  const io = createIo(config, checkOrigin, connections.onWebSocket);
  const roomStore = createRoomStore(mongo.connection);
  const busKey = createBusKeyStore(mongo.connection);
  const seal = createBusSeal({ readKey: busKey.read, refused: () => metrics.bus.refused("foreign"), log });
  const link = redis ?? (cluster.isWorker ? IPC_LINK : undefined);
  const roomPresence = createRoomPresence(createPresenceStore(mongo.connection), io, link, log);
  const { rooms, component: durableRooms } = createDurableRooms({
    config,
    store: roomStore,
    io,
    link,
    metrics,
    log,
  });

  const lag = createEventLoopLag();
  const limit = connectionsLimit(config.admission.connections, log);
  const admission = createAdmission(
    io,
    connections,
    { ...config.admission, connections: limit },
    lag.meanMs,
    (result) => {
      // What gets past it may still be refused: Engine.IO tells what it accepts.
      if (result !== "accepted") metrics.connections.handshake(result);
    },
  );
  metrics.show({
    connections: () => countConnections(connections),
    connectionsLimit: limit,
    lagMs: lag.meanMs,
    mongo,
    redis,
  });
  const inFlight = createInFlight();
  const engine: Engine = {
    ...{ identity, rooms, presence: roomPresence.presence, log },
    ...{ settings: config.settings, metrics: metrics.features },
    limits: inputLimitsOf(config),
    api: { isShown: config.apiDocs, declared: () => declared.features },
    // Made below, of what the features declare; they send nothing before the start.
    send: (channel, event, payload) => send(channel, event, payload),
    stores: { mongo, redis },
    database: featureCall,
  };
  const declared = gather(features, engine, mongo.connection);
  const eventMetrics = metrics.ofEvents(declared.names);
  const deliver = createDeliver(declared.emits, config.environment !== "production", eventMetrics);
  const send = createSend(io, deliver);
  const decide = createDecide(allOf(declared.rules));
  const appParts = {
    ...{ decide, log, inFlight, checkOrigin, metrics: metrics.http },
    routes: declared.routes,
  };
  const httpServer = createHttpServer(createApp(config, appParts));
  const operate = createOperatorApp(config, appParts);
  const realtime = createRealtime({
    io,
    connections,
    httpServer,
    features: declared.features,
    decide,
    deliver,
    limits: config.limits,
    clientAddress: createClientAddress(config.trustProxy),
    admission,
    internals,
    metrics: { ...metrics.connections, ...eventMetrics },
    log,
  });

  const peers = createPeers(config, createPeerStore(mongo.connection), io, log);
  const router = createSessionRouter({
    httpServer,
    path: ENGINE_PATH,
    books: [...entrance.siblings, ...(peers === undefined ? [] : [peers.book])],
    silenceMs: config.ping.intervalMs + config.ping.timeoutMs,
    log,
  });

  const component = compose(
    "worker",
    [
      declared.check,
      internals,
      metrics,
      createMetricsLink(identity.worker, metrics, log),
      lag,
      mongo,
      { name: "room store", start: () => roomStore.prepare(), stop: async () => {} },
      ...declared.components,
      ...(redis === undefined ? [] : [redis, seal]),
      // Before the presence, which may have something to tell the others as soon as it starts.
      createAdapterSetup(io, redis && config.redis && { clients: redis, config: config.redis, seal }, log),
      roomPresence.component,
      realtime,
      createFanOut(io, internals),
      createConnectionCut(httpServer, config.shutdownTimeoutMs * FAREWELL_SHARE),
      createSlowClientGuard(connections, config.limits.backlog, metrics.connections, internals, log),
      createConnectionAge(connections, config.admission.maxAgeMs),
      // Stops before the connections are closed: commits under way end, and are acknowledged.
      durableRooms,
      roomPresence.link,
      createHttpDrain(inFlight, config.shutdownTimeoutMs * HTTP_DRAIN_SHARE, log),
      ...(entrance.operatorSocket === undefined
        ? []
        : [createOperatorListener(entrance.operatorSocket, operate)]),
      router,
      ...(peers === undefined ? [] : [peers.component]),
      entrance.createIngress(io, httpServer, internals),
    ],
    entrance.onStage,
  );

  let serving = false;
  async function start(): Promise<void> {
    await component.start();
    serving = true;
  }

  let draining: Promise<void> | undefined;
  function drain(): Promise<void> {
    admission.close();
    inFlight.drain();
    router.leave();
    // Without a window the stop that follows closes all at once; before the start there is nothing to close.
    const isPaced = serving && config.drainWindowMs > 0;
    const window = config.drainWindowMs;
    draining ??= isPaced
      ? together(closePaced(connections, window), router.drain(window))
      : Promise.resolve();
    return draining;
  }

  return { ...component, start, drain, collect: metrics.collect, operate };
}

/** As configured, as far as the limit of open files allows. */
function connectionsLimit(configured: number, log: Logger): number {
  const capacity = descriptorCapacity();
  if (configured <= capacity) return configured;
  log.warn(
    { configured, descriptors: descriptorLimit(), connections: capacity },
    "MAX_CONNECTIONS_PER_WORKER is more than the limit of open files (ulimit -n) allows; a worker refuses sooner",
  );
  return capacity;
}

async function together(...ends: Promise<void>[]): Promise<void> {
  await Promise.all(ends);
}
