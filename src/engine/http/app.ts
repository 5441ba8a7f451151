import type { RequestListener } from "node:http";
import { fileURLToPath } from "node:url";
import cors from "cors";
import express, { type Express, type RequestHandler, Router } from "express";
import helmet from "helmet";
import type { Decide } from "../../contract/access.js";
import { AppError } from "../../contract/errors.js";
import type { Route } from "../../contract/route.js";
import type { Stream } from "../../contract/stream.js";
import type { Config } from "../config/config.js";
import type { HttpMetrics } from "../metrics/types.js";
import type { Logger } from "../process/logger.js";
import { createTurns } from "../process/turns.js";
import type { Authenticator } from "../trust/authenticator.js";
import type { KeyAuthenticator } from "../trust/keys/key-authenticator.js";
import { addressKey } from "../trust/limits/address-key.js";
import type { Limits } from "../trust/limits/limits.js";
import { accessLog } from "./access-log.js";
import { type ClientAddress, trustFunction } from "./client-address.js";
import { declaredRoutes, declaredStreams, type RouteParts } from "./declared-routes.js";
import type { Delays } from "./delays.js";
import { docsPage } from "./docs-page.js";
import { errorHandler, notFound } from "./error-handler.js";
import type { EventStreams } from "./event-streams.js";
import type { HeldBodies } from "./held-bodies.js";
import type { InFlight } from "./in-flight.js";
import { inTurns } from "./in-turns.js";
import { jsonBody } from "./json-body.js";
import { oneAtATime } from "./one-at-a-time.js";
import { refuseOthersPages } from "./operators-pages.js";
import type { OriginCheck } from "./origin.js";
import { grantPreflight } from "./preflight.js";
import { measureRequest } from "./request-durations.js";
import { identifyRequest } from "./request-id.js";
import { limitAddresses } from "./request-limits.js";
import type { SlowRefusals } from "./slow-refusals.js";
import { createSpacedRequests } from "./spaced-requests.js";
import { staticFiles } from "./static-files.js";

/** What the applications are made of. */
export interface AppParts {
  /** Of all features. */
  readonly routes: readonly Route[];
  readonly streams: readonly Stream[];
  readonly eventStreams: EventStreams;
  readonly decide: Decide;
  readonly authenticator: Authenticator;
  readonly limits: Limits;
  readonly slowRefusals: SlowRefusals;
  readonly delays: Delays;
  readonly clientAddress: ClientAddress;
  readonly bodies: HeldBodies;
  readonly keys: KeyAuthenticator;
  readonly log: Logger;
  readonly inFlight: InFlight;
  readonly checkOrigin: OriginCheck;
  readonly metrics: HttpMetrics;
  /** Makes traces of requests; absent where none are made. */
  readonly traced?: RequestHandler | undefined;
}

const PUBLIC_DIR = fileURLToPath(new URL("../../../public", import.meta.url));
/** The client library as browsers load it: the very files of the package. */
const CLIENT_DIR = fileURLToPath(new URL("../../../dist/client", import.meta.url));

/** The Express application of the public port: the order of middleware and the routes. It never listens. */
export function createApp(config: Config, parts: AppParts): RequestListener {
  const serving = routePartsOf(config, parts, false);
  const [operators, routes] = byPort(parts.routes);
  const app = beginApp(config, parts);
  app.use(securityHeaders());
  app.use(config.corsOrigins === "*" ? cors({ preflightContinue: true }) : corsFor(parts.checkOrigin));
  const preflights = answerPreflights(parts.checkOrigin);
  const anywhere = routes.filter(({ anyHost }) => anyHost);
  for (const { path } of anywhere) app.options(path, preflights);
  app.use(declaredRoutes(anywhere, serving));
  const { ipRequests } = config.rates;
  if (ipRequests !== "off") {
    const spaced = createSpacedRequests(ipRequests, parts.slowRefusals, parts.delays, () =>
      performance.now(),
    );
    app.use(limitAddresses(parts.limits.requests, parts.clientAddress, parts.slowRefusals, spaced));
  }
  app.use(refuseOtherHosts(parts.checkOrigin), preflights);
  app.use(
    jsonBody(config.limits.bodyBytes, {
      bodies: parts.bodies,
      addressOf: (request) => addressKey(parts.clientAddress(request)),
    }),
  );

  app.use(
    declaredRoutes(
      routes.filter(({ anyHost }) => !anyHost),
      serving,
    ),
  );
  app.use(declaredStreams(parts.streams, serving, parts.eventStreams));
  app.use(Router().use(onlyWithKeys(parts.keys), declaredRoutes(operators, serving)));

  // After the routes, as each request that comes here costs a look at the disk.
  app.use(staticFiles(PUBLIC_DIR, { index: "index.html" }));
  app.use("/client", staticFiles(CLIENT_DIR, { index: false }));
  if (config.apiDocs) app.use("/docs", docsPage());

  app.use(notFound, errorHandler(parts.log));
  return oneAtATime(app);
}

/** The Express application of the private port: the routes of operators, who need a key once there is one, and the server API. */
export function createOperatorApp(config: Config, parts: AppParts): RequestListener {
  const routes = parts.routes.filter(({ access }) => access.kind === "operator" || access.kind === "key");
  const app = beginApp(config, parts);
  // No page has a key.
  if (!parts.keys.areConfigured) app.use(refuseOthersPages(config));
  app.use(jsonBody(config.limits.bodyBytes)); // the port has few requests at a time
  app.use(declaredRoutes(routes, routePartsOf(config, parts, true)));
  app.use(notFound, errorHandler(parts.log));
  return oneAtATime(app);
}

/** Those of operators, and those of everybody else. */
function byPort(routes: readonly Route[]): [operators: Route[], others: Route[]] {
  const isOperators = ({ access }: Route): boolean => access.kind === "operator";
  return [routes.filter(isOperators), routes.filter((route) => !isOperators(route))];
}

function routePartsOf(
  { environment }: Config,
  { decide, authenticator, keys, limits }: AppParts,
  isPrivate: boolean,
): RouteParts {
  return { decide, authenticator, keys, limits, isPrivate, check: environment !== "production" };
}

/** Without keys nobody can be an operator here, and the addresses are as if they were not there. */
function onlyWithKeys(keys: KeyAuthenticator): RequestHandler {
  return (_request, _response, next) => next(keys.areConfigured ? undefined : "router");
}

/** Requests that a turn of the event loop begins, in milliseconds. */
const TURN_MS = 2;

/** What every request passes first, once its turn on its connection has come: it gets its id, is measured, counted as under way, and waits for its turn in the process. */
function beginApp(config: Config, { clientAddress, log, inFlight, metrics, traced }: AppParts): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("trust proxy", trustFunction(config.trustProxy));
  // Before the request is measured, so that its duration is an example of its trace.
  if (traced !== undefined) app.use(traced);
  app.use((request, response, next) => {
    identifyRequest(request, response);
    measureRequest(request, response, metrics);
    inFlight.enter(response);
    next();
  });
  // Counted already, so that a stop does not take it for one that has not come.
  app.use(inTurns(createTurns(TURN_MS), (request) => addressKey(clientAddress(request))));
  // Lines that nobody would see would be a fifth of what a small request costs.
  if (log.isLevelEnabled("info")) app.use(accessLog(log, clientAddress));
  return app;
}

function refuseOtherHosts(checkOrigin: OriginCheck): RequestHandler {
  return (request, _response, next) => {
    if (!checkOrigin(request).isOwnHost) throw new AppError("forbidden", "This host is not served here");
    next();
  };
}

function corsFor(checkOrigin: OriginCheck): RequestHandler {
  const grant = cors((request, done) => {
    const { isAllowed, credentials } = checkOrigin(request);
    done(null, { origin: isAllowed, credentials, preflightContinue: true });
  });
  return (request, response, next) => {
    // An answer that grants nothing depends on the origin, too; the library says so only of those that grant something.
    response.setHeader("Vary", "Origin");
    grant(request, response, next);
  };
}

/** The headers that grant it are there already. It is a request like any other, and counts before it comes here. */
function answerPreflights(checkOrigin: OriginCheck): RequestHandler {
  return (request, response, next) => {
    if (request.method !== "OPTIONS" || !checkOrigin(request).isAllowed) return next();
    grantPreflight(response);
  };
}

function securityHeaders(): RequestHandler {
  return helmet({
    // Whoever ends TLS in front decides about https; a page that was asked for by http must work by http.
    hsts: false,
    contentSecurityPolicy: { directives: { upgradeInsecureRequests: null, styleSrc: ["'self'"] } },
  });
}
