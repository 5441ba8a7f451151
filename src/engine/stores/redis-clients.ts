import { isIP } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from "ioredis";
import type { RedisConfig, TlsConfig } from "../config/redis-config.js";
import { parseRedisUrl, type RedisNode } from "../config/redis-url.js";

// ioredis ties this one option to a type parameter, which then stands in the way of plain option objects.
type Options = Omit<RedisOptions, "replyMapping">;

/** One logical connection, to a single server (directly or found through sentinels) or to a Redis Cluster. */
export type RedisClient = Redis | Cluster;

const CONNECT_TIMEOUT_MS = 3000;
/** A sentinel that has not told of its master for this long is passed over, in milliseconds. */
const SENTINEL_TIMEOUT_MS = 3000;
/** A publish that got no answer for this long counts as lost, in milliseconds. */
const PUBLISH_TIMEOUT_MS = 2000;

/** First retry after 50 ms, then twice as long each time up to 2 s, with jitter so that workers do not come back as one. */
function retryDelayMs(attempt: number): number {
  return Math.min(50 * 2 ** attempt, 2000) * (0.75 + Math.random() / 2);
}

/**
 * A client for publishing. While Redis is away its commands fail at once: what would wait in a queue is
 * delivered before the subscribers are back, and is lost all the same.
 */
export function createPublisherClient(config: RedisConfig): RedisClient {
  return createClient(config, {
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: PUBLISH_TIMEOUT_MS,
  });
}

/** A client for subscriptions, which wait for Redis and are renewed after every reconnection. */
export function createSubscriberClient(config: RedisConfig): RedisClient {
  return createClient(config, { enableOfflineQueue: true, maxRetriesPerRequest: null });
}

function createClient(config: RedisConfig, purpose: Options): RedisClient {
  const common: Options = {
    ...purpose,
    lazyConnect: true,
    connectionName: "shoal",
    disableClientInfo: true, // its command would be one right more to give, which Redis has only from 7.2 on
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepAlive: 10_000,
    retryStrategy: retryDelayMs,
    // A demoted master refuses writes: look for the new one.
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
  };
  const nodes = config.urls.map(parseRedisUrl);
  const [first] = nodes;
  if (first === undefined) throw new Error("no Redis is configured");
  switch (config.topology) {
    case "single":
      return hearAllErrors(
        new Redis({ ...common, ...address(first, 6379), ...access(first, config.tls), db: first.db }),
      );
    case "sentinel":
      return hearAllErrors(
        new Redis({
          ...common,
          ...access(first, config.tls),
          sentinels: nodes.map((node) => address(node, 26_379)),
          name: config.sentinel.master,
          ...(config.sentinel.username === "" ? {} : { sentinelUsername: config.sentinel.username }),
          ...(config.sentinel.password === "" ? {} : { sentinelPassword: config.sentinel.password }),
          sentinelRetryStrategy: retryDelayMs,
          sentinelCommandTimeout: SENTINEL_TIMEOUT_MS,
          // The first is for the master, the second for the sentinels themselves.
          enableTLSForSentinelMode: first.tls,
          ...(first.tls ? { sentinelTLS: secured(config.tls) } : {}),
          db: first.db,
        }),
      );
    case "cluster":
      return new Cluster(
        nodes.map((node) => address(node, 6379)),
        clusterOptions(first, config.tls, common),
      ).on("+node", hearAllErrors);
  }
}

/**
 * ioredis hears the first error of a connection only, and one by TLS may have another: Node 26 tells of an alert that comes after the
 * certificate was refused. An error that nobody hears ends the process.
 */
function hearAllErrors(client: Redis): Redis {
  return client.on("error", () => client.stream?.on("error", () => {}));
}

function clusterOptions(first: RedisNode, tls: TlsConfig, common: Options) {
  const { enableOfflineQueue = true, lazyConnect, retryStrategy, ...redisOptions } = common;
  return {
    enableOfflineQueue,
    lazyConnect: lazyConnect ?? true,
    clusterRetryStrategy: retryDelayMs,
    clusterNodeRetryStrategy: retryStrategy ?? null,
    shardedSubscribers: true,
    redisOptions: {
      ...redisOptions,
      ...access(first, tls),
      // The nodes name each other by address; their certificates are for the name that was configured.
      ...(first.tls && isIP(first.host) === 0 ? { tls: { ...secured(tls), servername: first.host } } : {}),
    },
  } satisfies ClusterOptions;
}

function address({ host, port }: RedisNode, usualPort: number): { host: string; port: number } {
  return { host, port: port ?? usualPort };
}

function access({ tls, username, password }: RedisNode, files: TlsConfig): Options {
  return {
    ...(username === "" ? {} : { username }),
    ...(password === "" ? {} : { password }),
    ...(tls ? { tls: secured(files) } : {}),
  };
}

/** Without a `ca` Node.js trusts whom it always does. */
function secured({ ca, cert, key }: TlsConfig): ConnectionOptions {
  return { ...(ca === "" ? {} : { ca }), ...(cert === "" ? {} : { cert, key }) };
}
