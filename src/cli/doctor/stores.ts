import type { Config } from "../../engine/config/config.js";
import type { MongoFacts } from "../../engine/stores/mongo-inspection.js";
import type { RedisFacts } from "../../engine/stores/redis-inspection.js";
import { ask } from "./ask.js";
import { type Check, type Finding, fail, ok, once, warn } from "./check.js";
import { type Clock, clockFinding } from "./clock.js";

const MONGODB = "docs/runbook.md#mongodb-is-lost";
/** A write on a healthy replica set takes some milliseconds. */
const SLOW_WRITE_MS = 500;

/** MongoDB, Redis, and their clocks. Each is asked once, whatever is looked at. */
export function storeChecks(config: Config, dateMs: () => number): Check[] {
  // A client of a store is not loaded where there is no such store.
  const mongo = once(async () => {
    const { inspectMongo } = await import("../../engine/stores/mongo-inspection.js");
    const { connectionWithModels } = await import("../../engine/worker/inspected-stores.js");
    return inspectMongo(connectionWithModels(config), config.mongodbUri, dateMs);
  });
  const redis = once(async () => {
    const { inspectRedis } = await import("../../engine/stores/redis-inspection.js");
    return config.redis === undefined ? undefined : inspectRedis(config.redis, dateMs);
  });
  const isEmbedded = config.mongodbUri === "";
  return [
    {
      name: "mongodb",
      see: MONGODB,
      run: async () =>
        isEmbedded ? ok("the embedded one, which is for development") : mongoFinding(await mongo(), config),
    },
    ...(isEmbedded
      ? []
      : [
          {
            name: "indexes",
            see: MONGODB,
            run: () => mongo().then(indexFinding, () => ok("could not be looked at: see the check mongodb")),
          },
        ]),
    {
      name: "redis",
      see: "docs/runbook.md#redis-is-lost",
      run: async () => redisFinding(await redis(), config),
    },
    {
      name: "clock",
      see: "docs/runbook.md#clocks-differ",
      run: async () => clockFinding(await clocksOf(config, { mongo, redis }, dateMs)),
    },
  ];
}

function mongoFinding(facts: MongoFacts, { environment }: Config): Finding {
  const { version, replicaSet, isRouter, writeMs } = facts;
  const written = `a write is durable after ${Math.round(writeMs)} ms`;
  if (isRouter) return ok(`MongoDB ${version}, a sharded cluster; ${written}`);
  if (replicaSet === undefined) {
    const line = `MongoDB ${version}, a single server: what its disk loses is lost, and while it is away nothing is stored`;
    return environment === "production"
      ? warn(line, "make it a replica set; then writes wait for a majority")
      : ok(`${line}; ${written}`);
  }
  const { name, members, arbiters } = replicaSet;
  const line = `MongoDB ${version}, replica set ${name} of ${members} with data and ${arbiters} arbiters; ${written} by a majority`;
  if (writeMs > SLOW_WRITE_MS) return warn(line, "look at its disks, and at members that lag");
  if (environment === "production" && members < 3)
    return warn(
      line,
      "give it three members with data: with fewer no member may be away, or none has a copy",
    );
  return ok(line);
}

function indexFinding({ lacking, absent }: MongoFacts): Finding {
  if (lacking.length > 0) {
    const line = `missing in ${lacking.join("; ")}: what is unique is not kept so, and searches read everything`;
    return warn(line, "reload a running instance (SIGHUP), or start one: it creates them");
  }
  return ok(absent === 0 ? "all there" : `all there; ${absent} collections are made at the first start`);
}

function redisFinding(facts: RedisFacts | undefined, { redis, peerUrl }: Config): Finding {
  if (facts === undefined || redis === undefined) {
    if (peerUrl === "") return ok("not used: one instance reaches its own clients");
    return warn(
      "PEER_URL is set and REDIS_URL is not: what is relayed does not reach clients of other instances",
      "set REDIS_URL",
    );
  }
  const { version, refused } = facts;
  const line = `Redis ${version}, ${redis.topology}, adapter ${redis.adapter}`;
  if (refused.length > 0) {
    const what = refused.map(({ what, reason }) => `${what} (${reason})`).join("; ");
    if (refused.every(({ passes }) => passes))
      return warn(`${line} answers ${what}`, "mend Redis itself: its user's rights are not the reason");
    return fail(`${line} refuses ${what}`, "give its user the rights of docs/security.md#redis");
  }
  return ok(`${line}; its user may do all that is needed`);
}

async function clocksOf(
  { auth }: Config,
  { mongo, redis }: { mongo: () => Promise<MongoFacts>; redis: () => Promise<RedisFacts | undefined> },
  dateMs: () => number,
): Promise<readonly Clock[]> {
  // Whoever cannot be asked has a check of his own.
  const [ofMongo, ofRedis, ofKeys] = await Promise.all([
    mongo().catch(() => undefined),
    redis().catch(() => undefined),
    auth.kind === "jwt" && auth.keys.kind === "jwks" ? dateOf(auth.keys.url, dateMs) : undefined,
  ]);
  return [
    ...(ofMongo?.clock === undefined ? [] : [{ of: "MongoDB", reading: ofMongo.clock }]),
    ...(ofRedis?.clock === undefined ? [] : [{ of: "Redis", reading: ofRedis.clock }]),
    ...(ofKeys === undefined ? [] : [ofKeys]),
  ];
}

/** By the header `Date`, which has whole seconds. */
async function dateOf(url: string, dateMs: () => number): Promise<Clock | undefined> {
  const beforeMs = dateMs() - 1000;
  const answer = await ask(url, { method: "HEAD" }).catch(() => undefined);
  const serverMs = Date.parse(answer?.headers.date ?? "");
  return Number.isNaN(serverMs)
    ? undefined
    : { of: "the key server", reading: { serverMs, beforeMs, afterMs: dateMs() } };
}
