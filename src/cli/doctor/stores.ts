import type { Config } from "../../engine/config/config.js";
import { redactUri } from "../../engine/process/logger.js";
import type { MongoFacts } from "../../engine/stores/mongo-inspection.js";
import type { OutputLimit, RedisFacts } from "../../engine/stores/redis-inspection.js";
import { ask } from "./ask.js";
import { type Check, type Finding, fail, inTime, ok, once, warn } from "./check.js";
import { type Clock, clockFinding } from "./clock.js";

const MONGODB = "docs/runbook.md#mongodb-is-lost";
const CRASHES = "docs/runbook.md#workers-crash-again-and-again";
/** A write on a healthy replica set takes some milliseconds. */
const SLOW_WRITE_MS = 500;
/** What Redis lets wait for a subscriber unless it is told otherwise. */
const USUAL_OUTPUT = { hardBytes: 33_554_432, softBytes: 8_388_608 } as const;

/** How stores are asked. */
interface Asking {
  readonly patienceMs: number;
  readonly dateMs: () => number;
}

/** MongoDB, Redis, and their clocks. Each is asked once, whatever is looked at, and one that hangs holds up none of the others. */
export function storeChecks(config: Config, { patienceMs, dateMs }: Asking): Check[] {
  // A client of a store is not loaded where there is no such store.
  // What the application stores, with all of the application.
  const withModels = () => import("../../engine/worker/inspected-stores.js");
  const askMongo = async () => {
    const { inspectMongo } = await import("../../engine/stores/mongo-inspection.js");
    const { connectionWithModels } = await withModels();
    return inspectMongo(connectionWithModels(config), config.mongodbUri, dateMs);
  };
  const askRedis = async () => {
    const { inspectRedis } = await import("../../engine/stores/redis-inspection.js");
    return config.redis === undefined ? undefined : inspectRedis(config.redis, dateMs);
  };
  const ofMongo = `MongoDB at ${redactUri(config.mongodbUri)} (MONGODB_URI)`;
  const ofRedis = `Redis at ${config.redis?.urls.map(redactUri).join(",")} (REDIS_URL)`;
  const mongo = once(() => inTime(ofMongo, askMongo(), patienceMs));
  const redis = once(() => inTime(ofRedis, askRedis(), patienceMs));
  const isEmbedded = config.mongodbUri === "";
  return [
    {
      name: "mongodb",
      see: MONGODB,
      async run() {
        if (isEmbedded) return ok("the embedded one, which is for development");
        const broken = await withModels().then(() => undefined, brokenFinding);
        return broken ?? mongoFinding(await mongo(), config);
      },
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
      run: async () => clockFinding(await clocksOf(config, { mongo, redis }, { patienceMs, dateMs })),
    },
  ];
}

/** Of an application that cannot be loaded, here or by a worker. */
function brokenFinding(error: Error): Finding {
  const line = `not looked at: the program cannot be loaded: ${error.message}`;
  return fail(line, "mend the program, or go back to the one before: its workers cannot start", CRASHES);
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
  const { version, refused, master, outputLimit } = facts;
  const line = `Redis ${version}, ${redis.topology}, adapter ${redis.adapter}`;
  if (refused.length > 0) {
    const what = refused.map(({ what, reason }) => `${what} (${reason})`).join("; ");
    if (refused.every(({ passes }) => passes))
      return warn(`${line} answers ${what}`, "mend Redis itself: its user's rights are not the reason");
    return fail(`${line} refuses ${what}`, "give its user the rights of docs/security.md#redis");
  }
  if (master !== undefined)
    return warn(
      `${line}, is a replica of ${master}: what instances publish here does not reach those of its master`,
      "name the master in REDIS_URL, or its sentinels with REDIS_TOPOLOGY sentinel",
    );
  if (outputLimit === undefined)
    return ok(`${line}; its user may do all that is needed, and may not read client-output-buffer-limit`);
  if (isBelow(outputLimit))
    return warn(
      `${line}, cuts off instances for which ${outputLimit.hardBytes} bytes wait, or ${outputLimit.softBytes} for some time: less than it does by default`,
      "set its client-output-buffer-limit to pubsub 268435456 67108864 60",
    );
  return ok(`${line}; its user may do all that is needed`);
}

/** Whether a burst that Redis takes by default ends a subscription here. 0 is no limit. */
function isBelow({ hardBytes, softBytes }: OutputLimit): boolean {
  const { hardBytes: hard, softBytes: soft } = USUAL_OUTPUT;
  return (hardBytes > 0 && hardBytes < hard) || (softBytes > 0 && softBytes < soft);
}

async function clocksOf(
  { auth }: Config,
  { mongo, redis }: { mongo: () => Promise<MongoFacts>; redis: () => Promise<RedisFacts | undefined> },
  asking: Asking,
): Promise<readonly Clock[]> {
  // Whoever cannot be asked has a check of his own.
  const [ofMongo, ofRedis, ofKeys] = await Promise.all([
    mongo().catch(() => undefined),
    redis().catch(() => undefined),
    auth.kind === "jwt" && auth.keys.kind === "jwks" ? dateOf(auth.keys.url, asking) : undefined,
  ]);
  return [
    ...(ofMongo?.clock === undefined ? [] : [{ of: "MongoDB", reading: ofMongo.clock }]),
    ...(ofRedis?.clock === undefined ? [] : [{ of: "Redis", reading: ofRedis.clock }]),
    ...(ofKeys === undefined ? [] : [ofKeys]),
  ];
}

/** By the header `Date`, which has whole seconds. */
async function dateOf(url: string, { patienceMs, dateMs }: Asking): Promise<Clock | undefined> {
  const beforeMs = dateMs() - 1000;
  const asked = ask(url, { method: "HEAD" });
  const answer = await inTime("the key server", asked, patienceMs).catch(() => undefined);
  const serverMs = Date.parse(answer?.headers.date ?? "");
  return Number.isNaN(serverMs)
    ? undefined
    : { of: "the key server", reading: { serverMs, beforeMs, afterMs: dateMs() } };
}
