import { fileURLToPath } from "node:url";
import cors from "cors";
import express, { type Express, type RequestHandler } from "express";
import helmet from "helmet";
import { createClientAddress, trustFunction } from "../client-address.js";
import type { Config } from "../config/config.js";
import { AppError } from "../errors.js";
import type { Logger } from "../logger.js";
import type { HttpMetrics } from "../metrics/types.js";
import type { OriginCheck } from "../origin.js";
import type { ConnectionAudit } from "../services/connection-audit.js";
import type { Health } from "../services/health.js";
import { accessLog } from "./access-log.js";
import { errorHandler, notFound } from "./error-handler.js";
import type { InFlight } from "./in-flight.js";
import { jsonBody } from "./json-body.js";
import { measureRequest } from "./request-durations.js";
import { identifyRequest } from "./request-id.js";
import { connectionRoutes } from "./routes/connections.js";
import { healthRoutes } from "./routes/health.js";
import { helloRoutes } from "./routes/hello.js";
import { type RoomRouteParts, roomRoutes } from "./routes/rooms.js";
import { staticFiles } from "./static-files.js";

/** What the routes call. */
export interface Services {
  readonly health: Health;
  readonly audit: ConnectionAudit;
  readonly durableRooms: RoomRouteParts;
}

/** What the middleware is made of. */
export interface AppParts {
  readonly log: Logger;
  readonly inFlight: InFlight;
  readonly checkOrigin: OriginCheck;
  readonly metrics: HttpMetrics;
}

const PUBLIC_DIR = fileURLToPath(new URL("../../public", import.meta.url));
/** The client library as browsers load it: the very files of the package. */
const CLIENT_DIR = fileURLToPath(new URL("../../dist/client", import.meta.url));

/** The Express application: the order of middleware and the routes. It never listens. */
export function createApp(config: Config, services: Services, parts: AppParts): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("trust proxy", trustFunction(config.trustProxy));

  app.use((request, response, next) => {
    identifyRequest(request, response);
    measureRequest(request, response, parts.metrics);
    parts.inFlight.enter(response);
    next();
  });
  // Lines that nobody would see would be a fifth of what a small request costs.
  if (parts.log.isLevelEnabled("info")) app.use(accessLog(parts.log, createClientAddress(config.trustProxy)));
  app.use(securityHeaders());
  app.use(config.corsOrigins === "*" ? cors() : corsFor(parts.checkOrigin));
  app.use(healthRoutes(services.health)); // load balancers ask for it by address
  app.use(refuseOtherHosts(parts.checkOrigin));
  app.use(jsonBody(config.limits.bodyBytes));

  app.use(helloRoutes());
  app.use(connectionRoutes(services.audit));
  app.use(roomRoutes(services.durableRooms));

  // After the routes, as each request that comes here costs a look at the disk.
  app.use(staticFiles(PUBLIC_DIR, { index: "index.html" }));
  app.use("/client", staticFiles(CLIENT_DIR, { index: false }));

  app.use(notFound, errorHandler(parts.log));
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
    done(null, { origin: isAllowed, credentials });
  });
  return (request, response, next) => {
    // An answer that grants nothing depends on the origin, too; the library says so only of those that grant something.
    response.setHeader("Vary", "Origin");
    grant(request, response, next);
  };
}

function securityHeaders(): RequestHandler {
  return helmet({
    // Whoever ends TLS in front decides about https; a page that was asked for by http must work by http.
    hsts: false,
    contentSecurityPolicy: { directives: { upgradeInsecureRequests: null, styleSrc: ["'self'"] } },
  });
}
