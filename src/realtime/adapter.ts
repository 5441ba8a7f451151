import cluster from "node:cluster";
import { createAdapter as createClusterAdapter } from "@socket.io/cluster-adapter";
import { createAdapter as createRedisAdapter, createShardedAdapter } from "@socket.io/redis-adapter";
import msgpack from "notepack.io";
import type { Adapter } from "socket.io-adapter";
import type { RedisConfig } from "../config/config.js";
import type { Logger } from "../logger.js";
import type { Redis } from "../stores/redis.js";
import type { Io } from "./io.js";

type AdapterFactory = (namespace: ConstructorParameters<typeof Adapter>[0]) => Adapter;

/**
 * What joins the workers: Redis when it is configured, Node's IPC between the workers of one primary otherwise,
 * nothing in a single process. All three are at-most-once.
 */
export function chooseAdapter(redis: RedisLink | undefined, log: Logger): AdapterFactory | undefined {
  if (redis !== undefined) return redisAdapter(redis, log);
  return cluster.isWorker ? createClusterAdapter() : undefined;
}

/** Redis as the adapter needs it; the connections are not closed here. */
export interface RedisLink {
  readonly clients: Pick<Redis, "publisher" | "subscriber">;
  readonly config: RedisConfig;
}

function redisAdapter({ clients, config }: RedisLink, log: Logger): AdapterFactory {
  const { publisher, subscriber } = clients;
  if (config.adapter === "sharded") {
    return createShardedAdapter(publisher, subscriber, {
      channelPrefix: config.prefix,
      subscriptionMode: "dynamic",
    });
  }
  return createRedisAdapter(publisher, subscriber, {
    key: config.prefix,
    publishOnSpecificResponseChannel: true,
    parser: {
      encode: msgpack.encode,
      // The adapter does not expect this to throw: anything on its channels that is not its own would end the process.
      decode(message: Buffer): unknown {
        try {
          return msgpack.decode(message);
        } catch (error) {
          log.warn({ err: error }, "unreadable message from redis ignored");
          return [];
        }
      },
    },
  });
}

/** Puts the server on its adapter, which subscribes at once. */
export function useAdapter(io: Io, factory: AdapterFactory | undefined): void {
  if (factory !== undefined) io.adapter(factory);
}
