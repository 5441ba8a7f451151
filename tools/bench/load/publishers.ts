import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import { createAdapter } from "@socket.io/redis-adapter";
import { Redis } from "ioredis";
import { Server } from "socket.io";
import { createInternals } from "../../../src/engine/internals/internals.js";
import { createLogger } from "../../../src/engine/process/logger.js";
import { chooseAdapter } from "../../../src/engine/realtime/adapter.js";
import { createBusSeal } from "../../../src/engine/realtime/bus-seal.js";
import { createBusKeyStore } from "../../../src/engine/stores/bus-key-store.js";
import { createMongo } from "../../../src/engine/stores/mongo.js";
import { createRedis } from "../../../src/engine/stores/redis.js";
import { createRawClient } from "../../loadtest/raw/raw-client.js";

/** Where messages come from; none of these processes is measured. */
export type PublisherSpec =
  /** Another Socket.IO node with the stock Redis adapter. */
  | { readonly kind: "stock-node"; readonly redisUrl: string; readonly room: string }
  /** Another Socket.IO node with Shoal's adapter and codec. */
  | {
      readonly kind: "shoal-node";
      readonly redisUrl: string;
      /** The database of those that are to believe it. */
      readonly mongodbUri: string;
      readonly room: string;
      readonly adapter: "pubsub" | "sharded";
    }
  /** Redis itself, for the plain WebSocket server. */
  | { readonly kind: "redis"; readonly redisUrl: string; readonly channel: string }
  /** An HTTP publisher, for nchan. */
  | { readonly kind: "http"; readonly url: string; readonly path: string }
  /** A client of another instance, of the relay or of a durable room. */
  | { readonly kind: "client"; readonly url: string; readonly room: string; readonly durable: boolean };

export interface Publisher {
  publish(body: string): void;
  close(): Promise<void> | void;
}

/** The event that clients get, the same for all peers. */
function message(body: string, room = "bench") {
  return { from: "kXr7yXy0zXvVpZ1iAAAB", body, at: new Date().toISOString(), room };
}

/** Connects a publisher. */
export async function openPublisher(spec: PublisherSpec): Promise<Publisher> {
  switch (spec.kind) {
    case "stock-node":
      return stockNode(spec.redisUrl, spec.room);
    case "shoal-node":
      return shoalNode(spec);
    case "redis":
      return plainRedis(spec.redisUrl, spec.channel);
    case "http":
      return httpPublisher(spec.url, spec.path);
    case "client":
      return client(spec);
  }
}

async function stockNode(redisUrl: string, room: string): Promise<Publisher> {
  const redis = new Redis(redisUrl);
  const subscriber = redis.duplicate();
  const io = new Server({ adapter: createAdapter(redis, subscriber) });
  await redis.ping();
  return {
    publish: (body) => void io.to(room).emit("message", message(body)),
    close() {
      redis.disconnect();
      subscriber.disconnect();
    },
  };
}

async function shoalNode(spec: Extract<PublisherSpec, { kind: "shoal-node" }>): Promise<Publisher> {
  const { redisUrl, mongodbUri, room, adapter } = spec;
  const log = createLogger("error");
  const config = {
    urls: [redisUrl],
    topology: "single",
    sentinel: { master: "", username: "", password: "" },
    tls: { ca: "", cert: "", key: "" },
    adapter,
    prefix: "shoal",
  } as const;
  const internals = createInternals([], log);
  const redis = createRedis(config, internals, log);
  const mongo = createMongo(mongodbUri, internals, log);
  const busKey = createBusKeyStore(mongo.connection);
  const seal = createBusSeal({
    ...{ firstKey: busKey.prepare, readKey: busKey.read },
    refused() {},
    log,
  });
  for (const part of [internals, redis, mongo, seal]) await part.start();
  const io = new Server();
  const factory = chooseAdapter({ clients: redis, config, seal }, log);
  if (factory !== undefined) io.adapter(factory);
  return {
    publish: (body) => void io.to(`room:${room}`).emit("message", message(body)),
    async close() {
      for (const part of [seal, mongo, redis]) await part.stop();
    },
  };
}

async function plainRedis(redisUrl: string, channel: string): Promise<Publisher> {
  const redis = new Redis(redisUrl);
  await redis.ping();
  return {
    publish: (body) => void redis.publish(channel, JSON.stringify(["message", message(body)])),
    close: () => redis.disconnect(),
  };
}

/** Requests without waiting for the answers, on one connection. */
async function httpPublisher(url: string, path: string): Promise<Publisher> {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname).resume();
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  return {
    publish(body) {
      const data = JSON.stringify(["message", message(body)]);
      socket.write(`POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${data.length}\r\n\r\n${data}`);
    },
    close: () => void socket.destroy(),
  };
}

async function client(spec: Extract<PublisherSpec, { kind: "client" }>): Promise<Publisher> {
  const { url, room, durable } = spec;
  const raw = createRawClient({ url, auth: { user: "bench" }, onMessage: () => false });
  await raw.connect();
  if (!durable) await raw.ask("join", { room });
  return {
    publish: durable
      ? (body) => raw.emit("publish", { room, messages: [{ id: randomUUID(), body }] })
      : (body) => raw.emit("message", { room, body }),
    close: () => raw.close(),
  };
}
