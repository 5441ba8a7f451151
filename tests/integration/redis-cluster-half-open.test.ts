import { logged } from "../support/line-log.js";
import { startMongo } from "../support/mongo.js";
import type { RedisServer } from "../support/redis-server.js";
import { startRedisCluster } from "../support/redis-topologies.js";
import { startTcpProxy } from "../support/tcp-proxy.js";
import { bothBecome, complaints, isJoined, startPair } from "../support/worker-pair.js";

/** Heartbeats are 5 s apart, and an answer is waited for. */
const NOTICED_WITHIN_MS = 20_000;

/** The ports from which connections come that are subscribed to channels. */
async function listenersOf(redis: RedisServer): Promise<number[]> {
  const clients = (await redis.command("client", "list")).split("\n");
  const listening = clients.filter((client) => / sub=[1-9]/.test(client));
  return listening.map((client) => Number(/ addr=\S+:(\d+)/.exec(client)?.[1]));
}

test("a link to a cluster's channels that has died without a word is noticed, although all others work", async () => {
  const [mongo, cluster] = await Promise.all([startMongo(), startRedisCluster(1)]);
  const [node] = cluster.nodes;
  if (node === undefined) throw new Error("a cluster has a node");
  const proxy = await startTcpProxy({ target: node });
  await node.command("config", "set", "cluster-announce-ip", proxy.host);
  await node.command("config", "set", "cluster-announce-port", String(proxy.port));
  const pair = await startPair(mongo.uriFor(), {
    REDIS_URL: `redis://${proxy.host}:${proxy.port}`,
    REDIS_TOPOLOGY: "cluster",
  });
  await isJoined(pair);
  const listeners = await listenersOf(node);
  expect(listeners).toHaveLength(pair.workers.length);

  for (const port of listeners) proxy.silence(port);

  const isAway = logged("redis is away", { reason: "no answer to a heartbeat" });
  await Promise.all(pair.workers.map((worker) => worker.waitForLog(isAway, { withinMs: NOTICED_WITHIN_MS })));
  await isJoined(pair);
  await bothBecome(pair, "ok");
  expect(complaints(pair)).toEqual([]);
});
