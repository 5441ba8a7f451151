import { availableParallelism } from "node:os";
import { APP_VARIABLES } from "../../app/variables.js";
import { SWITCHABLE } from "../internals/measures.js";
import { AUTH_VARIABLES } from "./auth-variables.js";
import { LIMIT_VARIABLES } from "./limit-variables.js";
import { REDIS_VARIABLES } from "./redis-variables.js";
import {
  apiKeys,
  hosts,
  httpUrl,
  identifier,
  integer,
  line,
  mongodbUri,
  oneOf,
  origins,
  secret,
  serverUrl,
  someOf,
  trustProxy,
} from "./values.js";

export const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

/** Every variable that is read, with its meaning. docs/configuration.md is made of it. */
export const VARIABLES = {
  NODE_ENV: oneOf(["development", "test", "production"])({
    default: "development",
    desc: "`production` requires MONGODB_URI, listens on all interfaces and allows no foreign origin by default",
  }),
  PORT: integer(0, 65_535)({ default: 3000, desc: "Port of HTTP and Socket.IO; 0 takes a free one" }),
  HOST: line({ default: "0.0.0.0", devDefault: "127.0.0.1", desc: "Address to listen on" }),
  ADMIN_PORT: integer(
    0,
    65_535,
  )({
    default: 9464,
    devDefault: 0,
    desc: "Private port of `/livez`, `/readyz` and `/metrics`; 0 takes a free one",
  }),
  ADMIN_HOST: line({
    default: "0.0.0.0",
    devDefault: "127.0.0.1",
    desc: "Address to listen on for ADMIN_PORT; not for the public",
  }),
  WORKERS: integer(
    1,
    256,
  )({
    default: Math.min(availableParallelism(), 256),
    desc: "Worker processes; 1 runs everything in one process, with no primary",
  }),
  ROUTING: oneOf(["forward", "sticky"])({
    default: "forward",
    desc: "How requests find the worker of their session: any worker takes them and passes on what is for another one (`forward`), or the primary reads each request, which ends its connection (`sticky`)",
  }),
  LISTEN: oneOf(["primary", "reuse-port"])({
    default: "primary",
    desc: "Who accepts connections with ROUTING=forward: the primary, which deals them out so that none is lost with a worker, or each worker by itself (`reuse-port`: Linux, Node.js 22.12; cheaper, and what waits at a worker that ends is lost)",
  }),
  INSTANCE_ID: identifier({ default: "", desc: "Name of this instance in sessions, health and logs" }),
  PEER_URL: serverUrl({
    default: "",
    desc: "Where the other instances reach this one's PORT, such as `http://10.1.2.3:3000`; with it requests find their session's instance, so that nothing in front has to. Every instance needs one, and the same MongoDB",
  }),
  PEER_SECRET: secret({
    default: "",
    desc: "What the instances know each other by, the same for all, at least 32 characters; required in production with PEER_URL. Make one with `openssl rand -base64 32`",
  }),
  PEER_SECRET_PREVIOUS: secret({
    default: "",
    desc: "The PEER_SECRET before, while it is replaced: it is believed as well",
  }),
  MONGODB_URI: mongodbUri({ default: "", desc: "MongoDB to use; without it the embedded one is started" }),
  DATA_DIR: line({ default: "data", desc: "Directory of the embedded MongoDB" }),
  ...REDIS_VARIABLES,
  CORS_ORIGIN: origins({
    default: [],
    devDefault: "*",
    desc: "Foreign origins that browsers may call from, by HTTP and WebSocket: one, a comma-separated list, or `*`. `https://*.example.com` stands for all subdomains; listed ones may send cookies",
  }),
  ALLOWED_HOSTS: hosts({
    default: [],
    desc: "Names by which the service is asked for, without ports, comma-separated, `*.example.com` for all subdomains; other `Host`s get 403, in open sessions as well, except for `/health`. Without it any is served. On ADMIN_PORT they count for operators' routes, while there are no API keys",
  }),
  API_DOCS: oneOf(["on", "off"])({
    default: "off",
    devDefault: "on",
    desc: "Whether clients are told the API: `/openapi.json`, `/asyncapi.json`, and the page `/docs` where swagger-ui-dist is installed, as in development",
  }),
  API_KEYS: apiKeys({
    default: [],
    desc: "Keys of the server API under `/v1`, as a JSON list of `{kid, sha256: [hash, hash?], caps}`; `npm run key` makes one",
  }),
  API_KEYS_FILE: line({
    default: "",
    desc: "File with the same list, instead of API_KEYS. It is read again on SIGHUP and within 2 s of a change; a version that is wrong is told in the log and changes nothing",
  }),
  ...AUTH_VARIABLES,
  TRUST_PROXY: trustProxy({
    default: false,
    desc: "Proxies whose X-Forwarded-For is believed: their number, or comma-separated addresses and CIDRs, none wider than /8",
  }),
  LOG_LEVEL: oneOf(LOG_LEVELS)({ default: "info", desc: "Least severe level that is logged" }),
  DRAIN_WINDOW_MS: integer(
    0,
    3_600_000,
  )({
    default: 60_000,
    devDefault: 0,
    desc: "Time over which connections are closed, one after the other, before a process stops, in milliseconds",
  }),
  SHUTDOWN_TIMEOUT_MS: integer(
    1000,
    3_600_000,
  )({
    default: 10_000,
    desc: "Longest time from the end of the drain window to the end of the process, in milliseconds",
  }),
  MAX_CONNECTIONS_PER_WORKER: integer(
    1,
    1_000_000,
  )({ default: 20_000, desc: "Connections of one worker; beyond it handshakes get 503" }),
  MAX_HANDSHAKES_PER_SECOND: integer(
    1,
    1_000_000,
  )({ default: 1000, desc: "New connections per second and worker; beyond it handshakes get 503" }),
  ...LIMIT_VARIABLES,
  OVERLOAD_LAG_MS: integer(
    10,
    60_000,
  )({
    default: 250,
    desc: "Mean lag of a worker's event loop over a second, in milliseconds, above which handshakes get 503",
  }),
  MAX_CONNECTION_AGE_MS: integer(
    0,
    2_592_000_000,
  )({
    default: 0,
    desc: "Age at which a connection is closed, give or take a tenth, in milliseconds, so that its client may move to an instance that was added; 0 is never",
  }),
  BODY_LIMIT_BYTES: integer(1, 67_108_864)({ default: 102_400, desc: "Largest body of an HTTP request" }),
  // A document of MongoDB, in which there are names besides, holds no more than 16 MiB.
  MESSAGE_LIMIT_BYTES: integer(
    1,
    16_000_000,
  )({ default: 65_536, desc: "Largest message body, as JSON; at most 16,000,000" }),
  MAX_ROOMS_PER_SOCKET: integer(
    1,
    100_000,
  )({
    default: 200,
    desc: "Rooms that one connection may be in at a time",
  }),
  ROOM_RETENTION_MESSAGES: integer(
    1,
    1_000_000_000,
  )({
    default: 100_000,
    desc: "Newest messages that a durable room keeps; what is younger than 10 minutes stays besides",
  }),
  ROOM_RETENTION_HOURS: integer(
    1,
    876_000,
  )({
    default: 720,
    desc: "Age at which a durable room gives up what ROOM_RETENTION_MESSAGES has left; a message's id goes with it",
  }),
  ROOM_PAGE_MESSAGES: integer(1, 1000)({ default: 200, desc: "Most messages of one page of a durable room" }),
  ROOM_PUBLISH_MESSAGES: integer(1, 200)({ default: 50, desc: "Most messages of one `publish`" }),
  ROOM_QUEUE_MESSAGES: integer(
    1,
    1_000_000,
  )({
    default: 2000,
    desc: "Messages that may wait for the database per durable room and worker; more are refused with `temporary`",
  }),
  FAN_OUT: oneOf(["batched", "stock"])({
    default: "batched",
    desc: "How broadcasts reach WebSocket clients: `batched` puts what gathers within a turn into one write, `stock` is Socket.IO's way",
  }),
  INTERNALS_OFF: someOf(SWITCHABLE)({
    default: [],
    desc: `Measures to leave off that use undocumented parts of libraries, comma-separated: ${SWITCHABLE.map((name) => `\`${name}\``).join(", ")}; see [internals.md](internals.md)`,
  }),
  CLIENT_OPEN_EVENTS: integer(
    1,
    10_000,
  )({
    default: 16,
    desc: "Events of one connection that may be at work at a time; beyond it the next ones wait and the connection is not read from",
  }),
  CLIENT_BACKLOG_PACKETS: integer(
    10,
    1_000_000,
  )({
    default: 1000,
    desc: "Packets that may wait for a client; beyond it the connection is closed, unless some were taken within a second",
  }),
  // At least a page of a room, whose 320 KiB of text may have three bytes a letter.
  CLIENT_BACKLOG_BYTES: integer(
    1_048_576,
    1_073_741_824,
  )({
    default: 4_194_304,
    desc: "Bytes that may wait for a client, with 128 for each packet; beyond it the connection is closed. At least 1,048,576, and 4,096 more than MESSAGE_LIMIT_BYTES",
  }),
  PING_INTERVAL_MS: integer(
    100,
    3_600_000,
  )({
    default: 25_000,
    desc: "Time between two heartbeats of a Socket.IO connection, in milliseconds",
  }),
  PING_TIMEOUT_MS: integer(
    100,
    3_600_000,
  )({
    default: 20_000,
    desc: "Silence after a heartbeat that ends a Socket.IO connection, in milliseconds",
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl({
    default: "",
    desc: "Where traces go by OTLP over HTTP, such as `http://collector:4318`; without it none are made. OpenTelemetry's other variables count as well, see [tracing.md](tracing.md)",
  }),
  ...APP_VARIABLES,
};
