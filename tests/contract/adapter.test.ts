import { randomBytes } from "node:crypto";
import { connectClient, emitAck } from "../support/connect-client.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";
import { spawnShoal } from "../support/spawn-shoal.js";
import { neverHappens, once } from "../support/wait.js";
import { adapterSuite } from "./adapter-suite.js";

let mongo: MongoServer;
let redis: RedisServer;

beforeAll(async () => {
  [mongo, redis] = await Promise.all([startMongo(), startRedis()]);
});

/** Instances of one process each, joined by Redis under a prefix of their own. */
async function instances(count: number, env: Record<string, string>): Promise<string[]> {
  const shared = { REDIS_PREFIX: `test-${randomBytes(4).toString("hex")}`, ...env };
  const mongodbUri = mongo.uriFor();
  const started = await Promise.all(
    Array.from({ length: count }, () => spawnShoal({ mongodbUri, redisUrl: redis.url, env: shared })),
  );
  return started.map(({ url }) => url);
}

adapterSuite("none", 1, async () => [(await spawnShoal({ mongodbUri: mongo.uriFor() })).url]);

adapterSuite("cluster", 3, async () => [(await spawnShoal({ workers: 3, mongodbUri: mongo.uriFor() })).url]);

adapterSuite("redis pubsub", 3, () => instances(3, {}));

adapterSuite("redis sharded", 3, () => instances(3, { REDIS_ADAPTER: "sharded" }));

test.each(["pubsub", "sharded"])(
  "services with different prefixes do not hear each other (%s)",
  async (adapter) => {
    const prefix = `test-${randomBytes(4).toString("hex")}`;
    const env = { REDIS_ADAPTER: adapter, REDIS_PREFIX: prefix };
    const [ours = "", sibling = ""] = await instances(2, env);
    const [foreign = ""] = await instances(1, { REDIS_ADAPTER: adapter });
    const [ann, bob, stranger] = await Promise.all([ours, sibling, foreign].map((url) => connectClient(url)));
    if (ann === undefined || bob === undefined || stranger === undefined)
      throw new Error("three clients are needed");
    const heard = once(bob.socket, "message");

    await emitAck(ann.socket, "message", { body: "for us" });

    await neverHappens(stranger.socket, "message", heard);
  },
);
