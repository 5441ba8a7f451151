import type { RedisConfig } from "../config/redis-config.js";
import type { Internals } from "../internals/internals.js";
import { guardReplies } from "../internals/ioredis.js";
import { afterSilence } from "../process/after-silence.js";
import type { Component } from "../process/lifecycle.js";
import { type Logger, redactUri } from "../process/logger.js";
import { watchChannels } from "./redis-channels.js";
import { createPublisherClient, createSubscriberClient, type RedisClient } from "./redis-clients.js";
import { concernsWrites, createRefusals, refusalIn } from "./redis-refusals.js";
import { REPLY_CHECKS } from "./reply-shapes.js";

/** Longest wait for Redis at start; without it the process goes on alone and joins when Redis comes. */
const START_PATIENCE_MS = 2000;
const HEARTBEAT_INTERVAL_MS = 5000;
const HEARTBEAT_TIMEOUT_MS = 2000;

/** This process's two connections to Redis. Redis may be away for any time, at start too: then nothing is published. */
export interface Redis extends Component {
  readonly publisher: RedisClient;
  readonly subscriber: RedisClient;
  /**
   * False while messages of other processes are known not to arrive. They have the same rights: where this one may not publish, they
   * may not either.
   */
  isUp(): boolean;
  /** Calls back each time the subscriptions are in force again; the returned function ends it. */
  onReady(handler: () => void): () => void;
  /**
   * True when both connections are usable, the publishing one answers within `timeoutMs` and nothing is refused. Never
   * rejects.
   */
  ping(timeoutMs: number): Promise<boolean>;
  /** Code of what Redis refuses permanently, such as `NOPERM`; it stays until an operator grants it. */
  refusal(): string | undefined;
}

/** The pair of connections that the Socket.IO adapter works with. */
export function createRedis(config: RedisConfig, internals: Pick<Internals, "allows">, log: Logger): Redis {
  const publisher = createPublisherClient(config);
  const subscriber = createSubscriberClient(config);
  const clients = { publisher, subscriber };
  const address = config.urls.map(redactUri).join(",");
  const refusals = createRefusals(address, log);
  const probe = `${config.prefix}-probe`;
  const publications = watchChannels(publisher, refusals, {
    name: config.adapter === "sharded" ? "spublish" : "publish",
    channel: probe,
  });
  publisher.on("ready", publications.retry);
  const subscriptions = watchChannels(subscriber, refusals);
  let heartbeat: NodeJS.Timeout | undefined;
  let down = false;
  /** Clients that were seen with a connection that is not usable yet. */
  const slow = new Set<RedisClient>();
  const endWatching = Object.entries(clients).map(([name, client]) => watch(name, client));

  function watch(name: string, client: RedisClient): () => void {
    const what = `the connection of the ${name}`;
    let refused = false;
    const onConnect = (): void => {
      refused = false;
    };
    const onError = (error: Error): void => {
      const refusal = refusalIn(error);
      if (refusal === undefined) {
        refusals.clear(what);
        isAway(error.message);
      } else {
        refused = true;
        refusals.add(what, refusal);
      }
    };
    // A server that is back before the first attempt to reconnect causes no error, and one that refuses hangs up.
    const onClose = (): void => {
      if (!refused) isAway("the connection was closed");
    };
    const onReady = (): void => {
      // The database may have been refused on a connection that works otherwise.
      if (!refused) refusals.clear(what);
      isBack();
    };
    client.on("connect", onConnect).on("error", onError).on("close", onClose).on("ready", onReady);
    return () => void client.off("close", onClose).off("ready", onReady);
  }

  /** In a cluster a ping goes to any node, and channels have a connection of their own: that is asked to end what it does not have. */
  async function subscriberAnswers(): Promise<unknown> {
    const isApart = config.topology === "cluster" && config.adapter === "pubsub";
    // What fails at once is known to the client, which makes another one.
    const channels = isApart ? subscriber.unsubscribe(probe).catch(() => {}) : undefined;
    return Promise.all([subscriber.ping(), channels]);
  }

  const asks = { publisher: () => publisher.ping(), subscriber: subscriberAnswers };

  const areReady = (): boolean => Object.values(clients).every(({ status }) => status === "ready");

  // Logged once an outage, not once an attempt.
  function isAway(reason: string): void {
    if (!down) log.warn({ redis: address, reason }, "redis is away");
    down = true;
  }

  function isBack(): void {
    if (!areReady()) return;
    log.info({ redis: address }, down ? "redis is back" : "redis connected");
    down = false;
  }

  // A half-open connection never reports an error by itself, and a subscriber would wait on it for ever.
  async function beat(): Promise<void> {
    for (const name of ["publisher", "subscriber"] as const) {
      const client = clients[name];
      const wasSlow = slow.delete(client);
      if (client.status === "connect" && !wasSlow) slow.add(client);
      else if (client.status === "connect") {
        isAway("the connection does not become usable");
        client.disconnect(true);
      }
      if (client.status !== "ready" || (await answers(asks[name](), HEARTBEAT_TIMEOUT_MS))) continue;
      isAway("no answer to a heartbeat");
      client.disconnect(true);
    }
    if (publisher.status === "ready") publications.retry();
    if (subscriber.status === "ready") subscriptions.retry();
  }

  return {
    name: "redis",
    ...clients,
    async start() {
      if (internals.allows("redis-replies")) guardReplies(REPLY_CHECKS);
      // What keeps one from connecting is told by its events.
      const connected = Object.values(clients).map((client) => client.connect().catch(() => {}));
      await Promise.race([Promise.all(connected), delay(START_PATIENCE_MS)]);
      heartbeat = setInterval(() => void beat(), HEARTBEAT_INTERVAL_MS);
    },
    async stop() {
      clearInterval(heartbeat);
      for (const end of endWatching) end();
      for (const client of Object.values(clients)) client.disconnect();
    },
    isUp: () => subscriber.status === "ready" && subscriptions.isComplete() && publications.isComplete(),
    onReady(handler) {
      // The client renews its subscriptions when it is ready; what is asked behind them is answered when they are in force.
      const listener = (): void => void subscriberAnswers().then(handler, handler);
      subscriber.on("ready", listener);
      return () => void subscriber.off("ready", listener);
    },
    async ping(timeoutMs) {
      return areReady() && (await answers(asks.publisher(), timeoutMs)) && refusals.current() === undefined;
    },
    refusal: refusals.current,
  };
}

/** A refusal is an answer, too, and so is a word about writes, of which there are none: the connection works. */
function answers(asked: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const callOff = afterSilence(timeoutMs, () => resolve(false));
    const settle = (isAnswer: boolean) => {
      callOff();
      resolve(isAnswer);
    };
    asked.then(
      () => settle(true),
      (error: unknown) => settle(refusalIn(error) !== undefined || concernsWrites(error)),
    );
  });
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
