import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { type CleanedEnv, customCleanEnv } from "envalid";
import { APP_VARIABLES } from "../../app/variables.js";
import type { Measure } from "../internals/measures.js";
import { isEveryAddress } from "../process/listener.js";
import { StartError } from "../process/start-error.js";
import { type AuthConfig, readAuth } from "./auth.js";
import { type KeysConfig, keysIn } from "./keys-config.js";
import { checkBacklog, type RatesConfig, ratesOf } from "./limit-variables.js";
import { type RedisConfig, redisIn } from "./redis-config.js";
import type { TrustProxy } from "./values.js";
import { type LOG_LEVELS, VARIABLES } from "./variables.js";

/** Sizes and counts that one client may reach. */
export interface LimitsConfig {
  readonly bodyBytes: number;
  readonly messageBytes: number;
  readonly roomsPerSocket: number;
  /** Events of one connection that may be at work at a time. */
  readonly openEvents: number;
  /** Of the `auth` of a handshake, as JSON. */
  readonly authBytes: number;
  /** What may wait for one client that does not read. */
  readonly backlog: { readonly packets: number; readonly bytes: number };
}

/** Bounds of the durable rooms. */
export interface RoomsConfig {
  readonly retentionMessages: number;
  readonly retentionHours: number;
  readonly pageMessages: number;
  readonly publishMessages: number;
  readonly queuedMessages: number;
}

/** How many clients a worker takes, and for how long. */
export interface AdmissionConfig {
  readonly connections: number;
  readonly handshakesPerSecond: number;
  readonly lagMs: number;
  /** Connections of one user; 0: as many as he likes. */
  readonly perUser: number;
  /** 0: no connection is closed for its age. */
  readonly maxAgeMs: number;
}

/** The values of the application's own variables, under their names. */
export type Settings = Readonly<Pick<CleanedEnv<typeof VARIABLES>, keyof typeof APP_VARIABLES>>;

/** Heartbeat of Socket.IO connections. */
export interface PingConfig {
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/** The whole configuration: read once, frozen, structured-cloneable (the primary sends it to its workers). */
export interface Config {
  readonly environment: "development" | "test" | "production";
  readonly instance: string;
  readonly host: string;
  readonly port: number;
  /** Where the private port of probes and metrics is. */
  readonly admin: { readonly host: string; readonly port: number };
  readonly workers: number;
  /** How connections find the worker of their session. */
  readonly routing: "sticky" | "forward";
  /** Who accepts connections with `forward` routing. */
  readonly listen: "primary" | "reuse-port";
  /** Where other instances reach this one; empty: they need not. */
  readonly peerUrl: string;
  /** One or two secrets by which processes know what other ones have relayed; with an empty one anybody can say so. */
  readonly relaySecrets: readonly string[];
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** Time over which connections are closed before a stop; 0 closes them at once. */
  readonly drainWindowMs: number;
  /** Longest time from the end of the drain window to the end of the process. */
  readonly shutdownTimeoutMs: number;
  readonly dataDir: string;
  /** Empty: the embedded MongoDB serves. */
  readonly mongodbUri: string;
  /** Absent: only the workers of this instance are joined. */
  readonly redis: RedisConfig | undefined;
  /** Origins besides the service's own from which browsers may call; `"*"` for all. */
  readonly corsOrigins: "*" | readonly string[];
  /** Hosts by which the service is asked for; empty: any. */
  readonly allowedHosts: readonly string[];
  /** Whether clients are told what the API is. */
  readonly apiDocs: boolean;
  readonly keys: KeysConfig;
  readonly trustProxy: TrustProxy;
  readonly auth: AuthConfig;
  readonly limits: LimitsConfig;
  readonly rooms: RoomsConfig;
  readonly admission: AdmissionConfig;
  readonly rates: RatesConfig;
  /** Measures that are not taken, see docs/internals.md. */
  readonly internalsOff: readonly Measure[];
  readonly ping: PingConfig;
  /** Where traces go; empty: none are made. */
  readonly tracesEndpoint: string;
  /** Time between two questions about all rights of connections; 0: never. */
  readonly rightsSweepMs: number;
  readonly settings: Settings;
}

/**
 * Reads the configuration, once; nothing else reads the environment. An empty variable counts as absent.
 * @throws {StartError} that lists every problem at once, each with its variable and never with a value.
 */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const problems: string[] = [];
  const present = Object.entries(environment).filter(([, value]) => value !== "");
  const variables = { NODE_ENV: "development", ...Object.fromEntries(present) };
  const given = customCleanEnv(variables, VARIABLES, (cleaned) => cleaned, {
    reporter: ({ errors }) => {
      for (const [name, error] of Object.entries(errors)) problems.push(`${name} ${error?.message}`);
    },
  });
  if (given.NODE_ENV === "production" && given.MONGODB_URI === "") {
    problems.push("MONGODB_URI is required when NODE_ENV is production");
  }
  if (given.NODE_ENV === "production" && given.PEER_URL !== "" && given.PEER_SECRET === "") {
    problems.push("PEER_SECRET is required when PEER_URL is set and NODE_ENV is production");
  }
  if (given.PEER_SECRET_PREVIOUS !== "" && given.PEER_SECRET === "") {
    problems.push("PEER_SECRET_PREVIOUS needs PEER_SECRET");
  }
  if (given.PORT !== 0 && given.PORT === given.ADMIN_PORT && overlap(given.HOST, given.ADMIN_HOST)) {
    problems.push("ADMIN_PORT must not be that of PORT: operators have a port of their own");
  }
  if (given.LISTEN === "reuse-port" && !canReusePort()) {
    problems.push("LISTEN reuse-port needs Linux and Node.js 22.12 or later");
  }
  checkBacklog(given, problems);
  const redis = redisIn(given, problems);
  const keys = keysIn(given, problems);
  const auth = readAuth(given, (name) => name in variables, problems);
  const corsOrigins = corsOriginsIn(given, "CORS_ORIGIN" in variables, problems);
  if (problems.length > 0) throw new StartError(`Bad configuration: ${problems.join("; ")}`);

  return freeze({
    environment: given.NODE_ENV,
    instance: given.INSTANCE_ID || `${hostname().slice(0, 48)}-${randomBytes(3).toString("hex")}`,
    host: given.HOST,
    port: given.PORT,
    admin: { host: given.ADMIN_HOST, port: given.ADMIN_PORT },
    workers: given.WORKERS,
    routing: given.ROUTING,
    listen: given.LISTEN,
    peerUrl: given.PEER_URL,
    relaySecrets: relaySecretsOf(given),
    logLevel: given.LOG_LEVEL,
    drainWindowMs: given.DRAIN_WINDOW_MS,
    shutdownTimeoutMs: given.SHUTDOWN_TIMEOUT_MS,
    dataDir: resolve(given.DATA_DIR),
    mongodbUri: given.MONGODB_URI,
    redis,
    corsOrigins,
    allowedHosts: given.ALLOWED_HOSTS,
    apiDocs: given.API_DOCS === "on",
    keys,
    trustProxy: given.TRUST_PROXY,
    auth,
    limits: {
      bodyBytes: given.BODY_LIMIT_BYTES,
      messageBytes: given.MESSAGE_LIMIT_BYTES,
      roomsPerSocket: given.MAX_ROOMS_PER_SOCKET,
      openEvents: given.CLIENT_OPEN_EVENTS,
      authBytes: given.AUTH_LIMIT_BYTES,
      backlog: { packets: given.CLIENT_BACKLOG_PACKETS, bytes: given.CLIENT_BACKLOG_BYTES },
    },
    rooms: {
      retentionMessages: given.ROOM_RETENTION_MESSAGES,
      retentionHours: given.ROOM_RETENTION_HOURS,
      pageMessages: given.ROOM_PAGE_MESSAGES,
      publishMessages: given.ROOM_PUBLISH_MESSAGES,
      queuedMessages: given.ROOM_QUEUE_MESSAGES,
    },
    internalsOff: [
      ...given.INTERNALS_OFF,
      ...(given.FAN_OUT === "stock" ? (["fan-out"] as const) : []),
      ...(given.ROUTING === "forward" ? (["sticky"] as const) : []),
    ],
    admission: {
      connections: given.MAX_CONNECTIONS_PER_WORKER,
      handshakesPerSecond: given.MAX_HANDSHAKES_PER_SECOND,
      lagMs: given.OVERLOAD_LAG_MS,
      perUser: given.MAX_CONNECTIONS_PER_USER,
      maxAgeMs: given.MAX_CONNECTION_AGE_MS,
    },
    rates: ratesOf(given),
    ping: { intervalMs: given.PING_INTERVAL_MS, timeoutMs: given.PING_TIMEOUT_MS },
    tracesEndpoint: given.OTEL_EXPORTER_OTLP_ENDPOINT,
    rightsSweepMs: given.AUTH_RECHECK_SECONDS * 1000,
    settings: settingsOf(given),
  });
}

function settingsOf(given: Settings): Settings {
  const names = Object.keys(APP_VARIABLES) as (keyof Settings)[];
  return Object.fromEntries(names.map((name) => [name, given[name]])) as Settings;
}

/** Where a cookie says who somebody is, not every page may use it; the default is then the service's own pages, in development, too. */
function corsOriginsIn(
  given: { CORS_ORIGIN?: Config["corsOrigins"]; AUTH_COOKIE?: string },
  isChosen: boolean,
  problems: string[],
): Config["corsOrigins"] {
  const { CORS_ORIGIN: origins = [], AUTH_COOKIE: cookie = "" } = given;
  if (cookie === "" || origins !== "*") return origins;
  if (isChosen)
    problems.push(
      "CORS_ORIGIN must not be * when AUTH_COOKIE is set: any page could act for whoever looks at it; list the pages that may",
    );
  return [];
}

/** Without peers only the workers of this instance have to know each other; peers in development that share nothing share that. */
function relaySecretsOf(given: {
  PEER_URL: string;
  PEER_SECRET: string;
  PEER_SECRET_PREVIOUS: string;
}): string[] {
  const { PEER_URL, PEER_SECRET, PEER_SECRET_PREVIOUS } = given;
  if (PEER_URL === "") return [randomBytes(32).toString("base64url")];
  return PEER_SECRET_PREVIOUS === "" ? [PEER_SECRET] : [PEER_SECRET, PEER_SECRET_PREVIOUS];
}

/** Whether both take the same address of this machine. */
function overlap(host: string, other: string): boolean {
  return host === other || [host, other].some(isEveryAddress);
}

/** `reusePort` of `net.Server.listen` came with this version. */
function canReusePort(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  return process.platform === "linux" && (major > 22 || (major === 22 && minor >= 12));
}

function freeze<T extends object>(value: T): Readonly<T> {
  for (const inner of Object.values(value)) {
    if (typeof inner === "object" && inner !== null) freeze(inner);
  }
  return Object.freeze(value);
}
