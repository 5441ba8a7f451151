import { freePort } from "../../tools/shared/ports.js";
import { type Certificates, makeCertificates, tlsArgs } from "../support/certificates.js";
import { crosses } from "../support/crossing.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { startRedis } from "../support/redis-server.js";
import { startSecuredSentinel } from "../support/redis-topologies.js";
import { bothBecome, isJoined, startPair, type WorkerPair } from "../support/worker-pair.js";

let mongo: MongoServer;
let ours: Certificates;
let others: Certificates;

beforeAll(async () => {
  [mongo, ours, others] = await Promise.all([startMongo(), makeCertificates(), makeCertificates()]);
});

/** URL of a Redis that speaks TLS. */
async function startSecured(clients: "yes" | "no" = "no"): Promise<string> {
  const port = await freePort();
  const redis = await startRedis({ args: tlsArgs(port, ours, clients) });
  return `rediss://${redis.host}:${port}`;
}

const start = (env: Record<string, string>) => startPair(mongo.uriFor(), env);

async function isWell(pair: WorkerPair): Promise<void> {
  await isJoined(pair);
  await bothBecome(pair, "ok");
}

/** Says the reason once in each worker, and clients of one worker hear each other all the same. */
async function isDegradedBecause(pair: WorkerPair, reason: RegExp): Promise<void> {
  await bothBecome(pair, "degraded");
  await crosses(pair.near[0], pair.near[1]);
  for (const { logs } of pair.workers) {
    const told = logs.filter(({ fields }) => String(fields.msg).startsWith("redis "));
    expect(told.map(({ fields }) => fields.msg)).toEqual(["redis is away"]);
    expect(told[0]?.fields.reason).toMatch(reason);
  }
}

test("a Redis with a certificate of a private authority joins workers that trust it", async () => {
  await isWell(await start({ REDIS_URL: await startSecured(), REDIS_CA_FILE: ours.ca }));
});

test("a Redis that asks for a certificate joins workers that have one", async () => {
  const files = { REDIS_CA_FILE: ours.ca, REDIS_CERT_FILE: ours.cert, REDIS_KEY_FILE: ours.key };
  await isWell(await start({ REDIS_URL: await startSecured("yes"), ...files }));
});

test("a Redis that asks for a certificate is away for workers that have none", async () => {
  const pair = await start({ REDIS_URL: await startSecured("yes"), REDIS_CA_FILE: ours.ca });
  await isDegradedBecause(pair, /certificate required|ECONNRESET|EPIPE/);
});

test("sentinels and their master speak TLS, and have passwords of their own", async () => {
  const port = await startSecuredSentinel(ours, { master: "of-the-master", sentinel: "of-the-sentinel" });
  const pair = await start({
    REDIS_URL: `rediss://:of-the-master@127.0.0.1:${port}`,
    REDIS_TOPOLOGY: "sentinel",
    REDIS_SENTINEL_MASTER: "mymaster",
    REDIS_SENTINEL_PASSWORD: "of-the-sentinel",
    REDIS_CA_FILE: ours.ca,
  });
  await isWell(pair);
});

test.each([
  ["by itself", "single", /certificate|signature/i],
  // Which node has refused it, and why, the client of a cluster keeps to itself.
  ["as a node of a cluster", "cluster", /slots cache/],
])(
  "a Redis with a certificate of somebody else is away, which is told once: %s",
  async (_what, topology, reason) => {
    const REDIS_URL = await startSecured();
    const pair = await start({ REDIS_URL, REDIS_TOPOLOGY: topology, REDIS_CA_FILE: others.ca });
    await isDegradedBecause(pair, reason);
  },
);
