import type { Command } from "ioredis";
import type { RedisConfig } from "../config/config.js";
import type { Component } from "../lifecycle.js";
import { type Logger, redactUri } from "../logger.js";
import { createPublisherClient, createSubscriberClient, type RedisClient } from "./redis-clients.js";

/** Longest wait for Redis at start; without it the process goes on alone and joins when Redis comes. */
const START_PATIENCE_MS = 2000;
const HEARTBEAT_INTERVAL_MS = 5000;
const HEARTBEAT_TIMEOUT_MS = 2000;

/** This process's two connections to Redis. Redis may be away for any time, at start too: then nothing is published. */
export interface Redis extends Component {
  readonly publisher: RedisClient;
  readonly subscriber: RedisClient;
  /** False while nothing published elsewhere can be heard, as far as is known. */
  isUp(): boolean;
  /** Calls back each time the subscriptions are in force again; the returned function ends it. */
  onReady(handler: () => void): () => void;
  /** True when both connections are usable and the publishing one answers within `timeoutMs`. Never rejects. */
  ping(timeoutMs: number): Promise<boolean>;
}

/** The pair of connections that the Socket.IO adapter works with. */
export function createRedis(config: RedisConfig, log: Logger): Redis {
  const publisher = createPublisherClient(config);
  const subscriber = createSubscriberClient(config);
  const clients = [publisher, subscriber];
  const address = config.urls.map(redactUri).join(",");
  let heartbeat: NodeJS.Timeout | undefined;
  let down = false;

  for (const client of clients) {
    toleratePubSubFailures(client);
    client.on("error", onError);
    client.on("close", onClose);
    client.on("ready", onReady);
  }

  // Logged once an outage, not once an attempt.
  function onError(error: Error): void {
    if (!down) log.warn({ redis: address, reason: error.message }, "redis is away");
    down = true;
  }

  // A server that is back before the first attempt to reconnect causes no error.
  function onClose(): void {
    onError(new Error("the connection was closed"));
  }

  function onReady(): void {
    if (!clients.every((client) => client.status === "ready")) return;
    log.info({ redis: address }, down ? "redis is back" : "redis connected");
    down = false;
  }

  // A half-open connection never reports an error by itself, and a subscriber would wait on it for ever.
  async function beat(): Promise<void> {
    for (const client of clients) {
      if (client.status !== "ready" || (await answers(client, HEARTBEAT_TIMEOUT_MS))) continue;
      onError(new Error("no answer to a heartbeat"));
      client.disconnect(true);
    }
  }

  return {
    name: "redis",
    publisher,
    subscriber,
    async start() {
      const connected = clients.map((client) => client.connect().catch(onError));
      await Promise.race([Promise.all(connected), delay(START_PATIENCE_MS)]);
      heartbeat = setInterval(() => void beat(), HEARTBEAT_INTERVAL_MS);
    },
    async stop() {
      clearInterval(heartbeat);
      for (const client of clients) {
        client.off("ready", onReady);
        client.off("close", onClose);
        client.disconnect();
      }
    },
    isUp: () => subscriber.status === "ready",
    onReady(handler) {
      // The client renews its subscriptions when it is ready; a ping behind them is answered when they are in force.
      const listener = (): void => void subscriber.ping().then(handler, handler);
      subscriber.on("ready", listener);
      return () => void subscriber.off("ready", listener);
    },
    async ping(timeoutMs) {
      return clients.every((client) => client.status === "ready") && (await answers(publisher, timeoutMs));
    },
  };
}

async function answers(client: RedisClient, timeoutMs: number): Promise<boolean> {
  const answer = client.ping().then(
    () => true,
    () => false,
  );
  return Promise.race([answer, delay(timeoutMs).then(() => false)]);
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

/** The one method through which every command of a client goes. */
interface CommandSender {
  sendCommand(command: Command, ...rest: unknown[]): unknown;
}

/**
 * The adapters publish and subscribe without looking at the promise they get, so that each failure while Redis is
 * away would be an unhandled rejection, which ends the process. Failing is fine: a broadcast is at-most-once.
 */
function toleratePubSubFailures(client: CommandSender): void {
  const send = client.sendCommand.bind(client);
  client.sendCommand = (command, ...rest) => {
    const reply = send(command, ...rest);
    if (/publish$|subscribe$/i.test(command.name)) Promise.resolve(reply).catch(() => {});
    return reply;
  };
}
