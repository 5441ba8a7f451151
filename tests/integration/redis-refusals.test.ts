import { randomBytes } from "node:crypto";
import { testsAtOnce } from "../support/at-once.js";
import { crosses } from "../support/crossing.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";
import type { RunningWorker } from "../support/start-worker.js";
import { eventually } from "../support/wait.js";
import { bothBecome, isJoined, startPair, talkStaysLocal, type WorkerPair } from "../support/worker-pair.js";

let mongo: MongoServer;
let redis: RedisServer;

beforeAll(async () => {
  [mongo, redis] = await Promise.all([startMongo(), startRedis()]);
});

/** Two workers that use the Redis as a user with these rights. */
async function startAs(
  rights: readonly string[],
  mode = "pubsub",
): Promise<{ pair: WorkerPair; user: string }> {
  const user = `app-${randomBytes(4).toString("hex")}`;
  await redis.command("acl", "setuser", user, "on", ">pw", "resetchannels", ...rights);
  const pair = await startPair(mongo.uriFor(), {
    REDIS_URL: `redis://${user}:pw@${redis.host}:${redis.port}`,
    REDIS_PREFIX: user,
    REDIS_ADAPTER: mode,
  });
  return { pair, user };
}

const messages = ({ logs }: RunningWorker) =>
  logs.map(({ fields }) => String(fields.msg)).filter((msg) => msg.startsWith("redis "));

async function refuses({ workers }: WorkerPair, code: string): Promise<void> {
  await eventually(
    async () => {
      for (const worker of workers) {
        const response = await fetch(`${worker.url}/health`);
        expect([response.status, await response.json()]).toEqual([
          200,
          expect.objectContaining({ status: "degraded", redis: "refused", redisRefusal: code }),
        ]);
        expect(await worker.metrics()).toMatch(/^realtime_redis_refused\{[^}]*\} 1$/m);
      }
    },
    { withinMs: 20_000 },
  );
}

async function withoutChannels(mode: string): Promise<void> {
  const { pair, user } = await startAs(["~*", "+@all"], mode);
  await refuses(pair, "NOPERM");
  await talkStaysLocal(pair);
  for (const worker of pair.workers) {
    const told = worker.logs.filter(({ fields }) => /^redis refuses;/.test(String(fields.msg)));
    expect(new Set(told.map(({ fields }) => fields.reason)).size).toBe(told.length);
    expect(told[0]?.fields).toMatchObject({ level: "error", reason: expect.stringContaining("NOPERM") });
    expect(messages(worker)).not.toContain("redis is away");
  }

  await redis.command("acl", "setuser", user, "allchannels");

  await eventually(() => crosses(pair.near[0], pair.far), { withinMs: 20_000 });
  await isJoined(pair);
  await bothBecome(pair, "ok");
}

async function withTheRunbooksRights(mode: string): Promise<void> {
  const { pair, user } = await startAs(["+@pubsub", "+@connection", "+info"], mode);
  await redis.command("acl", "setuser", user, `&${user}*`, `&${user}#/#*`);
  await eventually(() => crosses(pair.near[0], pair.far), { withinMs: 20_000 });
  await isJoined(pair);
  await bothBecome(pair, "ok");
}

async function becomesDegraded({ workers }: WorkerPair): Promise<void> {
  await eventually(async () => {
    const response = await fetch(`${workers[0].url}/health`);
    expect(await response.json()).toMatchObject({ status: "degraded", redisRefusal: "NOPERM" });
  });
}

async function mayPublishAgain(mode: string): Promise<void> {
  const { pair, user } = await startAs(["~*", "allchannels", "+@all", "-publish", "-spublish"], mode);
  await talkStaysLocal(pair);
  await becomesDegraded(pair);

  await redis.command("acl", "setuser", user, "+publish", "+spublish");

  await bothBecome(pair, "ok");
  for (const worker of pair.workers) {
    expect(await worker.metrics()).not.toMatch(/^realtime_bus_refused_total\{[^}]*\} [1-9]/m);
  }
}

// Each has a user and workers of its own, and waits for the workers to ask Redis again, every few seconds.
testsAtOnce({
  "a user without channels degrades, is told once with the reason, and is joined when it gets them: pubsub":
    () => withoutChannels("pubsub"),
  "a user without channels degrades, is told once with the reason, and is joined when it gets them: sharded":
    () => withoutChannels("sharded"),
  "the rights that the runbook names are enough: pubsub": () => withTheRunbooksRights("pubsub"),
  "the rights that the runbook names are enough: sharded": () => withTheRunbooksRights("sharded"),
  "a user that may publish again is well without a message that would tell: pubsub": () =>
    mayPublishAgain("pubsub"),
  "a user that may publish again is well without a message that would tell: sharded": () =>
    mayPublishAgain("sharded"),

  async "rights that are taken away and given back while it runs"() {
    const { pair, user } = await startAs(["~*", "allchannels", "+@all"]);
    await isJoined(pair);

    await redis.command("acl", "setuser", user, "resetchannels"); // hangs up on those that listen
    await refuses(pair, "NOPERM");
    await redis.command("acl", "setuser", user, "allchannels");

    await eventually(() => crosses(pair.near[0], pair.far), { withinMs: 20_000 });
    await bothBecome(pair, "ok");
  },
});

test("a user that may listen and not publish degrades with the first message", async () => {
  const { pair } = await startAs(["~*", "allchannels", "+@all", "-publish", "-spublish"]);
  await talkStaysLocal(pair);
  await becomesDegraded(pair);
});

test("a user without the right to ping keeps its connection", async () => {
  const { pair } = await startAs(["~*", "allchannels", "+@all", "-ping"]);
  await isJoined(pair);
  await pair.workers[0].metrics();
  expect(messages(pair.workers[0])).not.toContain("redis is away");
});

test("a database that Redis does not have is refused, not away", async () => {
  const pair = await startPair(mongo.uriFor(), { REDIS_URL: `${redis.url}/99`, REDIS_PREFIX: "db99" });
  await refuses(pair, "ERR");
  for (const worker of pair.workers) {
    expect(messages(worker).filter((msg) => msg.startsWith("redis refuses;"))).toHaveLength(1);
    expect(messages(worker)).not.toContain("redis is away");
  }
});

test("a Redis that has no sharded channels is told of once, although its reasons differ", async () => {
  const own = await startRedis({ args: ["--rename-command", "ssubscribe", ""] });
  const pair = await startPair(mongo.uriFor(), { REDIS_URL: own.url, REDIS_ADAPTER: "sharded" });
  await refuses(pair, "ERR");
  const asked = async () => Number(/count=(\d+)/.exec(await own.command("info", "errorstats"))?.[1]);
  const before = await asked();
  // Two workers ask for two channels at least, twice.
  await eventually(async () => expect(await asked()).toBeGreaterThan(before + 8), { withinMs: 30_000 });

  for (const worker of pair.workers)
    expect(messages(worker).filter((msg) => msg.startsWith("redis refuses;"))).toHaveLength(1);
}, 60_000);

test("a Redis that refused and then ends is away", async () => {
  const own = await startRedis({ args: ["--requirepass", "pw"] });
  const pair = await startPair(mongo.uriFor(), { REDIS_URL: `redis://:wrong@${own.host}:${own.port}` });
  await refuses(pair, "WRONGPASS");
  await own.kill();
  await eventually(() => expect(messages(pair.workers[0])).toContain("redis is away"), { withinMs: 20_000 });
}, 60_000);
