import cluster from "node:cluster";
import { createAdapter as createClusterAdapter } from "@socket.io/cluster-adapter";
import { createAdapter as createRedisAdapter, createShardedAdapter } from "@socket.io/redis-adapter";
import type { Adapter } from "socket.io-adapter";
import type { RedisConfig } from "../config/redis-config.js";
import type { Component } from "../process/lifecycle.js";
import type { Logger } from "../process/logger.js";
import type { Redis } from "../stores/redis.js";
import type { BusSeal } from "./bus-seal.js";
import type { Io } from "./io.js";
import { relayCodec } from "./relay-codec.js";
import { sealedPublisher, sealedSubscriber } from "./sealed-clients.js";

type AdapterFactory = (namespace: ConstructorParameters<typeof Adapter>[0]) => Adapter;

/**
 * What joins the workers: Redis when it is configured, Node's IPC between the workers of one primary otherwise,
 * nothing in a single process. All three are at-most-once. Through Redis only workers of the same database are heard, see
 * {@link BusSeal}; siblings need no proof.
 */
export function chooseAdapter(redis: RedisLink | undefined, log: Logger): AdapterFactory | undefined {
  if (redis !== undefined) return redisAdapter(redis, log);
  return cluster.isWorker ? createClusterAdapter() : undefined;
}

/** Gives `io` its adapter at start, when Redis is there; closing it is `io`'s. */
export function createAdapterSetup(io: Io, redis: RedisLink | undefined, log: Logger): Component {
  return {
    name: "adapter",
    async start() {
      const factory = chooseAdapter(redis, log);
      if (factory !== undefined) io.adapter(factory);
    },
    async stop() {},
  };
}

/** Redis as the adapter needs it; the connections are not closed here. */
export interface RedisLink {
  readonly clients: Pick<Redis, "publisher" | "subscriber">;
  readonly config: RedisConfig;
  readonly seal: BusSeal;
}

function redisAdapter({ clients, config, seal }: RedisLink, log: Logger): AdapterFactory {
  const publisher = sealedPublisher(clients.publisher, seal);
  const subscriber = sealedSubscriber(clients.subscriber, seal, log);
  if (config.adapter === "sharded") {
    return createShardedAdapter(publisher, subscriber, {
      channelPrefix: config.prefix,
      subscriptionMode: "dynamic",
    });
  }
  return createRedisAdapter(publisher, subscriber, {
    key: config.prefix,
    publishOnSpecificResponseChannel: true,
    parser: relayCodec,
  });
}
