import { logged } from "../support/line-log.js";
import { startMongo } from "../support/mongo.js";
import { startRedis } from "../support/redis-server.js";
import { startTcpProxy } from "../support/tcp-proxy.js";
import { eventually } from "../support/wait.js";
import { bothBecome, complaints, isJoined, startPair, talkStaysLocal } from "../support/worker-pair.js";

/** Each of two workers has two connections to Redis. */
const CONNECTIONS = 4;
/** Heartbeats are 5 s apart, and two answers are waited for. */
const NOTICED_WITHIN_MS = 20_000;

test("a link that has died without a word is noticed and replaced, in both modes", async () => {
  const [mongo, redis] = await Promise.all([startMongo(), startRedis()]);

  const survive = async (mode: string): Promise<void> => {
    const proxy = await startTcpProxy({ target: redis });
    const REDIS_URL = `redis://${proxy.host}:${proxy.port}`;
    const pair = await startPair(mongo.uriFor(), { REDIS_URL, REDIS_ADAPTER: mode, REDIS_PREFIX: mode });
    await isJoined(pair);

    proxy.set("blackhole");
    await talkStaysLocal(pair);
    const isAway = logged("redis is away", { reason: "no answer to a heartbeat" });
    await Promise.all(
      pair.workers.map((worker) => worker.waitForLog(isAway, { withinMs: NOTICED_WITHIN_MS })),
    );
    await bothBecome(pair, "degraded");
    await eventually(() => expect(proxy.accepted).toBeGreaterThanOrEqual(2 * CONNECTIONS), {
      withinMs: NOTICED_WITHIN_MS,
    });
    proxy.set("pass");

    await isJoined(pair);
    await bothBecome(pair, "ok");
    expect(complaints(pair)).toEqual([]);
  };

  // At the same time, as most of it is waiting.
  await Promise.all(["pubsub", "sharded"].map(survive));
});
