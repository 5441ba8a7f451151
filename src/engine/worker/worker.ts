import type { Server as HttpServer, RequestListener } from "node:http";
import { features as ours } from "../../app/features.js";
import type { Identity } from "../../contract/domain.js";
import type { Feature } from "../../contract/feature.js";
import { createOperatorListener } from "../admin/operator-listener.js";
import type { Config } from "../config/config.js";
import { createBegunRequests } from "../http/begun-requests.js";
import { createClientAddress } from "../http/client-address.js";
import { createDelays } from "../http/delays.js";
import { ENGINE_PATH } from "../http/engine-request.js";
import { createHttpDrain } from "../http/http-drain.js";
import { createOriginCheck } from "../http/origin.js";
import { createSlowRefusals } from "../http/slow-refusals.js";
import { UNTAKEN_MS } from "../http/untaken-answers.js";
import { createInternals, type Internals } from "../internals/internals.js";
import type { MetricFamily } from "../ipc/messages.js";
import { createEventLoopLag } from "../metrics/event-loop-lag.js";
import { createWorkerMetrics } from "../metrics/worker-metrics.js";
import { type Component, compose, stopsWithin } from "../process/lifecycle.js";
import type { Logger } from "../process/logger.js";
import { stopTimesOf } from "../process/stop-times.js";
import type { Io } from "../realtime/io.js";
import { closePaced } from "../realtime/paced-close.js";
import { instanceKey } from "../routing/peers/instance-key.js";
import { createPeers } from "../routing/peers/peers.js";
import type { AddressBook } from "../routing/worker/destination.js";
import { createRelayCheck } from "../routing/worker/relay-check.js";
import { createRelayProof } from "../routing/worker/relay-proof.js";
import { createSessionRouter } from "../routing/worker/session-router.js";
import { createTracing } from "../tracing/tracing.js";
import { createAuthenticator } from "../trust/create-authenticator.js";
import { createKeyAuthenticator } from "../trust/keys/key-authenticator.js";
import { createKeyRefusalLog } from "../trust/keys/key-refusal-log.js";
import { createKeyRing, type KeyRing } from "../trust/keys/key-ring.js";
import { createLimits } from "../trust/limits/limits.js";
import { createConnectionCut, createLastCut } from "./connection-cut.js";
import { createDurableRooms } from "./durable-rooms.js";
import type { InstanceView } from "./instance-link.js";
import { createKeyFeed } from "./key-feed.js";
import { createKeySetShare } from "./key-set-share.js";
import { createMembers } from "./members.js";
import { createMetricsLink } from "./metrics-link.js";
import { createRoomPresence } from "./room-presence.js";
import { createServing } from "./serving.js";
import { createSockets } from "./sockets.js";
import { createStores } from "./stores.js";
import { createTokenRevocations } from "./token-revocations.js";

/** How clients reach a worker. */
export interface Entrance {
  /** The workers of its instance that have sessions of their own; empty where requests come to the right one anyway. */
  readonly siblings: readonly AddressBook[];
  /** How connections come in: by listening, or from the primary. Starts last and stops first. */
  createIngress(io: Io, httpServer: HttpServer, internals: Internals): Component;
  /** Address of the socket on which operators are answered; undefined where {@link Worker.operate} is called. */
  readonly operatorSocket?: string;
  /** What knows the instance that it belongs to. */
  readonly instance: InstanceView;
  /** Hears of each part of the worker that has started. */
  onStage?(part: string): void;
}

/** A worker's share of a {@link Service}. */
export interface Worker extends Component {
  /** Lets nobody new in and closes the connections over the drain window; all else is served. Idempotent. */
  drain(): Promise<void>;
  /** Answers a request that came to the private port. */
  readonly operate: RequestListener;
  /** From now on these keys of the server API count; a clustered worker hears of them by itself. */
  readonly replaceKeys: KeyRing["replace"];
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
  const onStage = (part: string): void => entrance.onStage?.(part);
  const stopTimes = stopTimesOf(config.shutdownTimeoutMs);
  const tracing = createTracing(config.tracesEndpoint !== "", identity, stopTimes.spansMs, log);
  const metrics = createWorkerMetrics(identity.worker, tracing?.active);
  const internals = createInternals(config.internalsOff, log);
  const lag = createEventLoopLag();
  const startedAt = new Date().toISOString();
  const checkOrigin = createOriginCheck(config);
  const keys = createKeyRing(config.keys.first);
  const stores = createStores(config, internals, log, onStage);
  const clientAddress = createClientAddress(config.trustProxy);
  const limits = createLimits(config.rates, metrics.limits, () => performance.now());
  const delays = createDelays();
  const slowRefusals = createSlowRefusals(delays, () => performance.now());
  const sockets = createSockets({
    ...{ config, checkOrigin, stores, internals, metrics, lag, clientAddress, log },
    ...{ handshakes: limits.handshakes, requests: limits.requests },
    ...{ slowRefusals, delays },
  });
  const { io, connections, admission, streams, link } = sockets;
  const members = createMembers({ config, stopTimes, store: stores.members, io, link, log });
  const presence = createRoomPresence(stores.presence, members, io, link);
  const rooms = createDurableRooms({
    ...{ config, stopTimes, store: stores.rooms, io, link, metrics, tracing, log },
  });
  const revocations = createTokenRevocations({ config, store: stores.revocations, io, link, metrics, log });
  const authenticator = createAuthenticator(config.auth, {
    check: revocations.check,
    allowsCookies: (request) => checkOrigin(request).credentials,
    keySets: createKeySetShare(),
    metrics: metrics.tokens,
    log,
  });
  const serving = createServing({
    ...{ config, identity, checkOrigin, clientAddress, limits, slowRefusals, delays, features },
    ...{ stores, sockets, internals, metrics, tracing, log },
    authenticator,
    keys: createKeyAuthenticator(
      keys,
      config.keys,
      createKeyRefusalLog(log, () => performance.now()),
    ),
    members: members.membership,
    instance: entrance.instance,
    report: () => ({
      ...{ ...identity, since: startedAt },
      connections: io.engine.clientsCount,
      lagMs: lag.meanMs(),
      memoryBytes: process.memoryUsage.rss(),
    }),
    rooms: rooms.rooms,
    presence: presence.presence,
    revocations,
  });
  const { declared, httpServer, inFlight, operate } = serving;
  const peers = createPeers(config, members.membership, io, log);
  const proof = createRelayProof(instanceKey(config.instance), config.relaySecrets);
  const router = createSessionRouter({
    ...{ httpServer, log, path: ENGINE_PATH, proof },
    check: createRelayCheck(proof, members.membership.urlOf, log, () => performance.now()),
    books: [...entrance.siblings, ...(peers === undefined ? [] : [peers.book])],
    silenceMs: config.ping.intervalMs + config.ping.timeoutMs,
    untakenMs: UNTAKEN_MS,
    farewellMs: stopTimes.relaysMs,
  });
  const begun = createBegunRequests(httpServer);
  const operators =
    entrance.operatorSocket === undefined ? [] : [createOperatorListener(entrance.operatorSocket, operate)];

  const component = compose(
    "worker",
    [
      createLastCut(httpServer),
      createKeyFeed(keys),
      declared.check,
      ...(tracing === undefined ? [] : [tracing]),
      internals,
      metrics,
      createMetricsLink(identity.worker, metrics, log),
      lag,
      // What is wrong with its keys is said before the stores are looked for.
      authenticator,
      stopsWithin(stopTimes.storesMs, stores.component),
      stopsWithin(stopTimes.featuresMs, compose("features", declared.components, onStage)),
      // Before the membership, which may have something to tell the others as soon as it starts.
      sockets.bus,
      members.component,
      presence.presence,
      serving.rights,
      serving.audience,
      serving.userCalls,
      // Read before anybody is let in.
      revocations.component,
      router.relays,
      serving.realtime,
      serving.tokenEnds,
      sockets.guards,
      createConnectionCut(httpServer, stopTimes.farewellMs),
      // Stops before the connections are closed: commits under way end, and are acknowledged.
      rooms.component,
      presence.link,
      // Both stop after it has waited for what operators ask, too.
      entrance.instance,
      ...operators,
      createHttpDrain(delays, begun, inFlight, stopTimes, log),
      rooms.lastCall,
      streams,
      router,
      begun,
      ...(peers === undefined ? [] : [peers.component]),
      entrance.createIngress(io, httpServer, internals),
    ],
    onStage,
  );

  let isServing = false;
  async function start(): Promise<void> {
    await component.start();
    isServing = true;
  }

  let draining: Promise<void> | undefined;
  function drain(): Promise<void> {
    admission.close();
    inFlight.drain();
    router.leave();
    // Without a window the stop that follows closes all at once; before the start there is nothing to close.
    const isPaced = isServing && config.drainWindowMs > 0;
    const window = config.drainWindowMs;
    draining ??= isPaced
      ? together(closePaced(connections, window), router.drain(window), streams.drain(window))
      : Promise.resolve();
    return draining;
  }

  return { ...component, start, drain, collect: metrics.collect, operate, replaceKeys: keys.replace };
}

async function together(...ends: Promise<void>[]): Promise<void> {
  await Promise.all(ends);
}
