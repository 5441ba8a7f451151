import cluster from "node:cluster";
import { createAdapter as createClusterAdapter } from "@socket.io/cluster-adapter";
import { createAdapter as createRedisAdapter, createShardedAdapter } from "@socket.io/redis-adapter";
import type { Adapter } from "socket.io-adapter";
import type { RedisConfig } from "../config/config.js";
import type { Component } from "../lifecycle.js";
import type { Logger } from "../logger.js";
import type { Redis } from "../stores/redis.js";
import type { Io } from "./io.js";
import { relayCodec } from "./relay-codec.js";

type AdapterFactory = (namespace: ConstructorParameters<typeof Adapter>[0]) => Adapter;

/**
 * What joins the workers: Redis when it is configured, Node's IPC between the workers of one primary otherwise,
 * nothing in a single process. All three are at-most-once.
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
}

function redisAdapter({ clients, config }: RedisLink, log: Logger): AdapterFactory {
  const subscriber = tolerant(clients.subscriber, log);
  if (config.adapter === "sharded") {
    return createShardedAdapter(clients.publisher, subscriber, {
      channelPrefix: config.prefix,
      subscriptionMode: "dynamic",
    });
  }
  return createRedisAdapter(clients.publisher, subscriber, {
    key: config.prefix,
    publishOnSpecificResponseChannel: true,
    parser: relayCodec,
  });
}

type Listener = (...args: unknown[]) => unknown;

/**
 * The subscriber as the adapters see it. On their channels they expect only what they have sent themselves; anything else
 * makes them throw out of the client's event, or reject where nobody looks, which would end the process.
 */
function tolerant<Subscriber extends RedisLink["clients"]["subscriber"]>(
  subscriber: Subscriber,
  log: Logger,
): Subscriber {
  const guards = new Map<Listener, Listener>();

  function guard(listener: Listener): Listener {
    const guarded: Listener = async (...args) => {
      try {
        await listener(...args);
      } catch (error) {
        log.warn({ err: error }, "unreadable message from redis ignored");
      }
    };
    guards.set(listener, guarded);
    return guarded;
  }

  const isMessage = (event: string): boolean => event.endsWith("essageBuffer");
  const on = (event: string, listener: Listener): unknown =>
    subscriber.on(event, isMessage(event) ? guard(listener) : listener);
  const off = (event: string, listener: Listener): unknown =>
    subscriber.off(event, guards.get(listener) ?? listener);

  return new Proxy(subscriber, {
    get(target, name) {
      if (name === "on") return on;
      if (name === "off") return off;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
