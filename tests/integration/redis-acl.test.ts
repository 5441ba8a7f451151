import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { PROJECT } from "../support/readme.js";
import { startRedis } from "../support/redis-server.js";
import { startRedisCluster } from "../support/redis-topologies.js";
import { bothBecome, isJoined, startPair } from "../support/worker-pair.js";

// The rights that docs/security.md names, word for word, are enough.

const PASSWORD = "a-password-of-the-test";

let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

/** The `ACL SETUSER` of the document, word by word, for this adapter; with those that a cluster needs besides. */
function rights(adapter: string, more = ""): string[] {
  const text = readFileSync(join(PROJECT, "docs/security.md"), "utf8");
  const line = new RegExp(`^ACL SETUSER shoal .*# REDIS_ADAPTER=${adapter}$`, "m").exec(text)?.[0] ?? "";
  expect(line).toContain("-@all");
  const words = line
    .replace(/ *#[^#]*$/, "")
    .replaceAll("'", "")
    .replace("PASSWORD", PASSWORD);
  return [...words.split(" "), ...more.split(" ").filter(Boolean)];
}

test.each(["pubsub", "sharded"])(
  "the rights of the document are enough, and are all asked for: %s",
  async (adapter) => {
    const redis = await startRedis();
    await redis.command(...rights(adapter));
    await redis.command("acl", "setuser", "default", "-@all", "+acl", "+info");
    const pair = await startPair(mongo.uriFor(), {
      REDIS_URL: `redis://shoal:${PASSWORD}@${redis.host}:${redis.port}`,
      REDIS_ADAPTER: adapter,
    });
    await isJoined(pair);
    await bothBecome(pair, "ok");

    expect(await redis.command("acl", "log")).toBe("");
    for (const worker of pair.workers)
      expect(JSON.stringify(worker.logs)).not.toMatch(/redis refuses|a-password/);
  },
);

test("the same and the right to learn of its nodes are enough for a cluster", async () => {
  const { nodes, urls } = await startRedisCluster();
  const text = readFileSync(join(PROJECT, "docs/security.md"), "utf8");
  const more = /Redis Cluster needs `([^`]+)` besides/.exec(text)?.[1] ?? "";
  expect(more).toContain("cluster|");
  for (const node of nodes) await node.command(...rights("sharded", more));
  const pair = await startPair(mongo.uriFor(), {
    REDIS_URL: urls.replaceAll("redis://", `redis://shoal:${PASSWORD}@`),
    REDIS_TOPOLOGY: "cluster",
    REDIS_ADAPTER: "sharded",
  });
  await isJoined(pair);
  await bothBecome(pair, "ok");
  for (const node of nodes) expect(await node.command("acl", "log")).toBe("");
});
