import type { RedisConfig } from "../config/redis-config.js";
import { canGuardReplies, guardReplies } from "../internals/ioredis.js";
import type { ClockReading } from "../process/clock-reading.js";
import { redactUri } from "../process/logger.js";
import { StartError } from "../process/start-error.js";
import { createSubscriberClient, type RedisClient } from "./redis-clients.js";
import { passes, refusalIn } from "./redis-refusals.js";
import { REPLY_CHECKS } from "./reply-shapes.js";

/** What was seen of Redis with the user that the instances have. */
export interface RedisFacts {
  readonly version: string;
  /** What an instance does and Redis does not, with its own reason, and whether that passes without other rights. */
  readonly refused: readonly { readonly what: string; readonly reason: string; readonly passes: boolean }[];
  /** Undefined where Redis tells no time: before version 7. */
  readonly clock: ClockReading | undefined;
  /** Where its master is, as host:port, if it is a replica. What is published at a replica reaches nobody elsewhere. */
  readonly master: string | undefined;
  /** What may wait for a subscriber; undefined where this user may not read it. */
  readonly outputLimit: OutputLimit | undefined;
}

/** `client-output-buffer-limit pubsub`: a subscriber for whom more waits is cut off, at once or after some time. 0 bytes: never. */
export interface OutputLimit {
  readonly hardBytes: number;
  readonly softBytes: number;
}

/**
 * Does once what an instance does with Redis, on a channel on which nobody listens.
 * @throws {StartError} when there is no connection.
 */
export async function inspectRedis(config: RedisConfig, dateMs: () => number): Promise<RedisFacts> {
  if (canGuardReplies()) guardReplies(REPLY_CHECKS);
  // Not the client for publishing, which gives up after 2 s: whoever looks has more patience, and says how much.
  const publisher = createSubscriberClient(config);
  const subscriber = createSubscriberClient(config);
  const clients = [publisher, subscriber];
  try {
    await Promise.all(clients.map((client) => connected(client, config)));
    const beforeMs = dateMs();
    const info = await publisher.info().catch(() => "");
    const afterMs = dateMs();
    const serverMs = Number(/^server_time_usec:(\d+)/m.exec(info)?.[1] ?? Number.NaN) / 1000;
    return {
      version: /^redis_version:(\S+)/m.exec(info)?.[1] ?? "unknown",
      refused: await refusedOf(publisher, subscriber, config),
      clock: Number.isNaN(serverMs) ? undefined : { serverMs, beforeMs, afterMs },
      master: masterIn(info),
      outputLimit: await outputLimitOf(publisher),
    };
  } finally {
    for (const client of clients) client.disconnect();
  }
}

function masterIn(info: string): string | undefined {
  if (!/^role:slave/m.test(info)) return undefined;
  const [host, port] = ["host", "port"].map(
    (part) => new RegExp(`^master_${part}:(\\S+)`, "m").exec(info)?.[1],
  );
  return `${host}:${port}`;
}

/** No instance asks for it: the smallest rights do not have it, and a hosted Redis may not have it at all. */
async function outputLimitOf(client: RedisClient): Promise<OutputLimit | undefined> {
  const reply = await client.config("GET", "client-output-buffer-limit").catch(() => undefined);
  const [, hard, soft] = /pubsub (\d+) (\d+)/.exec(JSON.stringify(reply) ?? "") ?? [];
  return hard === undefined ? undefined : { hardBytes: Number(hard), softBytes: Number(soft) };
}

/** The client tells of the reason by an event, and by the promise only that the connection was closed. */
async function connected(client: RedisClient, { urls }: RedisConfig): Promise<void> {
  let reason: unknown;
  client.on("error", (error: unknown) => {
    reason = error;
  });
  await client.connect().catch((error: unknown) => {
    const where = `${urls.map(redactUri).join(",")} (REDIS_URL)`;
    const refusal = refusalIn(reason) ?? refusalIn(error);
    if (refusal !== undefined)
      throw new StartError(`Redis at ${where} refuses: ${refusal}`, { cause: error });
    const { message } = (reason ?? error) as Error;
    throw new StartError(`Cannot reach Redis at ${where}: ${message}`, { cause: error });
  });
}

/** See docs/security.md#redis: the smallest rights are those for exactly this. */
async function refusedOf(
  publisher: RedisClient,
  subscriber: RedisClient,
  { prefix, adapter }: RedisConfig,
): Promise<RedisFacts["refused"]> {
  const probe = `${prefix}-probe`;
  const pattern = `${prefix}#/#*`;
  const done: readonly (readonly [string, () => Promise<unknown>])[] =
    adapter === "sharded"
      ? [
          ["ping", () => publisher.ping()],
          [`spublish ${probe}`, () => publisher.spublish(probe, "")],
          [`ssubscribe ${probe}`, () => subscriber.ssubscribe(probe)],
          ["pubsub shardnumsub", () => publisher.pubsub("SHARDNUMSUB", probe)],
        ]
      : [
          ["ping", () => publisher.ping()],
          [`publish ${probe}`, () => publisher.publish(probe, "")],
          [`subscribe ${probe}`, () => subscriber.subscribe(probe)],
          [`psubscribe ${pattern}`, () => subscriber.psubscribe(pattern)],
          ["pubsub numsub", () => publisher.pubsub("NUMSUB", probe)],
        ];
  const outcomes = await Promise.all(
    done.map(async ([what, act]) => {
      return act().then(
        () => [],
        (error: unknown) => [
          { what, reason: error instanceof Error ? error.message : String(error), passes: passes(error) },
        ],
      );
    }),
  );
  return outcomes.flat();
}
