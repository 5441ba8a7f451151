import type { Server as HttpServer, RequestListener } from "node:http";
import { createDecide, isAllowed } from "../../contract/access.js";
import type { Identity } from "../../contract/domain.js";
import type { Engine, Feature } from "../../contract/feature.js";
import { type Gathered, gather } from "../../contract/gather.js";
import type { Instances, WorkerReport } from "../../contract/instances.js";
import type { Config } from "../config/config.js";
import { createApp, createOperatorApp } from "../http/app.js";
import type { ClientAddress } from "../http/client-address.js";
import type { Delays } from "../http/delays.js";
import { createHeldBodies, mostHeldBytes } from "../http/held-bodies.js";
import { createInFlight, type InFlight } from "../http/in-flight.js";
import type { OriginCheck } from "../http/origin.js";
import { createHttpServer } from "../http/server.js";
import type { SlowRefusals } from "../http/slow-refusals.js";
import type { Internals } from "../internals/internals.js";
import type { Membership } from "../membership/membership.js";
import type { WorkerMetrics } from "../metrics/worker-metrics.js";
import type { Presence } from "../presence/presence.js";
import type { Component } from "../process/lifecycle.js";
import type { Logger } from "../process/logger.js";
import { createDeliver, createSend } from "../realtime/clients.js";
import { transportBytesOf } from "../realtime/io.js";
import { createRealtime } from "../realtime/realtime.js";
import { createEndings } from "../realtime/sessions/endings.js";
import { createRenewal } from "../realtime/sessions/renewal.js";
import { createAudience } from "../realtime/users/audience.js";
import { createLocalUsers } from "../realtime/users/local-users.js";
import type { Rooms } from "../rooms/rooms.js";
import { featureCall } from "../stores/store-calls.js";
import { tracedEvents, tracedRequests } from "../tracing/traced-calls.js";
import type { Tracing } from "../tracing/tracing.js";
import type { Authenticator } from "../trust/authenticator.js";
import type { KeyAuthenticator } from "../trust/keys/key-authenticator.js";
import type { Limits } from "../trust/limits/limits.js";
import { createRules } from "../trust/rules.js";
import { inputLimitsOf } from "./input-limits.js";
import { createLiveRights } from "./live-rights.js";
import type { Sockets } from "./sockets.js";
import type { Stores } from "./stores.js";
import { createTokenEnds } from "./token-ends.js";
import type { TokenRevocations } from "./token-revocations.js";
import { createUserCalls } from "./user-calls.js";

/** What the features declare, and what serves it: HTTP, Socket.IO and the operators' routes. */
export interface Serving {
  readonly declared: Gathered;
  readonly httpServer: HttpServer;
  readonly inFlight: InFlight;
  /** Answers a request that came to the private port. */
  readonly operate: RequestListener;
  /** Ends rights of connections. Starts before {@link Serving.realtime}. */
  readonly rights: Component;
  /** Hears what is sent to users elsewhere. */
  readonly audience: Component;
  /** Answers other workers' questions about users. */
  readonly userCalls: Component;
  /** Attaches Socket.IO to the HTTP server, and ends every connection at stop. */
  readonly realtime: Component;
  /** Ends connections whose token has expired or was revoked. Starts after the server is attached. */
  readonly tokenEnds: Component;
}

/** What it is made of. */
export interface ServingParts {
  readonly config: Config;
  readonly identity: Identity;
  readonly checkOrigin: OriginCheck;
  readonly clientAddress: ClientAddress;
  readonly limits: Limits;
  readonly slowRefusals: SlowRefusals;
  readonly delays: Delays;
  readonly features: readonly Feature[];
  readonly stores: Pick<Stores, "mongo" | "redis" | "rechecks" | "questions">;
  readonly sockets: Pick<Sockets, "io" | "connections" | "admission" | "link" | "streams">;
  /** Runs from before the first client comes until the last one has gone. */
  readonly authenticator: Authenticator;
  readonly keys: KeyAuthenticator;
  readonly members: Pick<Membership, "enrolled" | "alive" | "listen">;
  readonly rooms: Rooms;
  readonly presence: Presence;
  readonly revocations: Pick<TokenRevocations, "control" | "list">;
  readonly instance: Pick<Instances, "here">;
  /** What this worker says of itself. */
  readonly report: () => WorkerReport;
  readonly internals: Internals;
  readonly metrics: WorkerMetrics;
  readonly tracing: Tracing | undefined;
  readonly log: Logger;
}

export function createServing(parts: ServingParts): Serving {
  const {
    config,
    identity,
    checkOrigin,
    clientAddress,
    limits,
    features,
    stores,
    sockets,
    authenticator,
    keys,
    rooms,
    presence,
    revocations,
    internals,
    metrics,
    tracing,
    log,
  } = parts;
  const { mongo, redis } = stores;
  const engine: Engine = {
    ...{
      identity,
      rooms,
      presence,
      log,
      revocations: revocations.control,
      settings: config.settings,
      metrics: metrics.features,
    },
    limits: inputLimitsOf(config),
    api: { isShown: config.apiDocs, declared: () => declared.features },
    // Made below, of what the features declare; they send nothing before the start.
    send: (channel, event, payload) => send(channel, event, payload),
    renewal: { renew: (session, token) => renewal.renew(session, token) },
    access: { recheck: (scope) => rights.access.recheck(scope) },
    may: (passport, asked) => isAllowed(decide, passport, asked),
    acted(act) {
      for (const feature of declared.features) feature.onAct?.(act);
    },
    users: {
      find: (user) => userCalls.find(user),
      disconnect: (user, reconnect) => userCalls.disconnect(user, reconnect),
      move: (user, join, leave) => userCalls.move(user, join, leave),
    },
    instances: { here: parts.instance.here, everywhere: () => userCalls.everywhere() },
    audience: {
      everyone: (event, payload) => audience.everyone(event, payload),
      users: (users, event, payload) => audience.users(users, event, payload),
      isComplete: () => audience.isComplete(),
    },
    stores: { mongo, redis },
    tokens: {
      keysAgeMs: () => authenticator.keysAgeMs?.(),
      revocationsAgeMs: () => revocations.list?.ageMs(),
    },
    database: featureCall,
  };
  const declared = gather(features, engine, mongo.connection);
  const events = metrics.ofEvents(declared.names);
  const check = config.environment !== "production";
  const deliver = createDeliver(declared.emits, check, events);
  const { io, link } = sockets;
  const send = createSend(io, deliver);
  const users = createLocalUsers();
  const audience = createAudience({ io, link, deliver, users, emits: declared.emits });
  const rules = createRules(declared.rules);
  const decide = createDecide(rules.rule, rules.revision);
  const rights = createLiveRights({
    ...{ ...sockets, decide, rules, log, metrics: metrics.rights },
    store: stores.rechecks,
    roomsPerSocket: config.limits.roomsPerSocket,
    sweepMs: config.rightsSweepMs,
  });
  const endings = createEndings(sockets.io, sockets.connections);
  const userCalls = createUserCalls({
    ...{
      io,
      link,
      identity,
      users,
      endings,
      streams: sockets.streams,
      admittance: rights.admittance,
      members: parts.members,
      questions: stores.questions,
      report: parts.report,
    },
  });
  const renewal = createRenewal({
    io: sockets.io,
    authenticator,
    endings,
    renewed: rights.rechecks.connection,
  });
  const inFlight = createInFlight();
  const largestBytes = Math.max(config.limits.bodyBytes, transportBytesOf(config.limits));
  const bodies = createHeldBodies(mostHeldBytes(largestBytes), () => metrics.limits.refused("bodies"));
  const apps = {
    routes: declared.routes,
    streams: declared.streams,
    eventStreams: sockets.streams,
    decide,
    authenticator,
    limits,
    ...{ slowRefusals: parts.slowRefusals, delays: parts.delays },
    clientAddress,
    keys,
    ...{ log, inFlight, bodies },
    checkOrigin,
    metrics: metrics.http,
    traced: tracing && tracedRequests(tracing),
  };
  const httpServer = createHttpServer(createApp(config, apps));

  return {
    ...{ declared, httpServer, inFlight },
    operate: createOperatorApp(config, apps),
    ...{ rights: rights.component, audience, userCalls: userCalls.component },
    tokenEnds: createTokenEnds({
      ...{ io: sockets.io, streams: sockets.streams, endings, metrics },
      list: revocations.list,
    }),
    realtime: createRealtime({
      ...{ admittance: rights.admittance, rechecks: rights.rechecks, users },
      ...{ ...sockets, httpServer, inFlight, bodies, decide, authenticator, deliver, check, internals, log },
      features: declared.features,
      limits: config.limits,
      rates: limits,
      eventRate: config.rates.userEvents,
      clientAddress,
      connectionsPerUser: config.admission.perUser,
      metrics: { ...metrics.connections, ...events },
      limitMetrics: metrics.limits,
      traced: tracing && tracedEvents(tracing),
    }),
  };
}
