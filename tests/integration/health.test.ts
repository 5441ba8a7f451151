import { startStopwatch } from "../support/machine-time.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { startRedis } from "../support/redis-server.js";
import { startWorker } from "../support/start-worker.js";
import { startTcpProxy } from "../support/tcp-proxy.js";
import { eventually } from "../support/wait.js";

/** A store that is away is given a second; the rest is for a busy machine. */
const ANSWERS_WITHIN_MS = 3000;
const BACK_WITHIN_MS = 15_000;
let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

interface Answer {
  readonly httpStatus: number;
  readonly status: string;
  readonly time: string;
  readonly uptimeSeconds: number;
}

async function health(url: string): Promise<Answer> {
  const passedMs = startStopwatch();
  const response = await fetch(`${url}/health`);
  const report = (await response.json()) as Omit<Answer, "httpStatus">;
  expect(passedMs()).toBeLessThan(ANSWERS_WITHIN_MS);
  return { httpStatus: response.status, ...report };
}

const becomes = (url: string, expected: Record<string, unknown>) =>
  eventually(async () => expect(await health(url)).toMatchObject(expected), { withinMs: BACK_WITHIN_MS });

test("a healthy worker tells who it is and how its stores are", async () => {
  const { url, config } = await startWorker({ mongodbUri: mongo.uriFor(), worker: 3 });

  const before = Date.now();
  const report = await health(url);

  expect(report).toEqual({
    httpStatus: 200,
    status: "ok",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    uptimeSeconds: expect.any(Number),
    instance: config.instance,
    worker: 3,
    mongo: "up",
    redis: "off",
    tokenKeys: "off",
    revocations: "off",
  });
  expect(Date.parse(report.time)).toBeGreaterThanOrEqual(before);
  expect(Number.isInteger(report.uptimeSeconds)).toBe(true);
});

test("an answer is never taken from a cache", async () => {
  const { url } = await startWorker({ mongodbUri: mongo.uriFor() });

  const { headers } = await fetch(`${url}/health`);

  expect(headers.get("Cache-Control")).toBe("no-store");
});

test("without MongoDB it is unavailable, and by itself ok again", async () => {
  const own = await startMongo();
  const { url } = await startWorker({ mongodbUri: own.uriFor() });
  await becomes(url, { httpStatus: 200, status: "ok" });

  await own.kill();
  await becomes(url, { httpStatus: 503, status: "unavailable", mongo: "down" });
  expect((await fetch(`${url}/hello`)).status).toBe(200);

  await own.restart();
  await becomes(url, { httpStatus: 200, status: "ok", mongo: "up" });
});

test("a MongoDB that does not answer any more is told within a second or two, and no request hangs on it", async () => {
  const proxy = await startTcpProxy({ target: mongo.target });
  const { url, adminUrl } = await startWorker({ mongodbUri: mongo.uriVia(proxy) });
  await becomes(url, { httpStatus: 200 });

  proxy.set("blackhole");
  const request = fetch(`${adminUrl}/connections`);
  await eventually(async () => {
    expect(await health(url)).toMatchObject({ httpStatus: 503, status: "unavailable", mongo: "down" });
  });
  expect(await Promise.all([health(url), health(url)])).toMatchObject([{ mongo: "down" }, { mongo: "down" }]);
  const { status } = await request;
  expect(status).toBe(503);

  proxy.set("pass");
  await becomes(url, { httpStatus: 200, status: "ok", mongo: "up" });
});

test("without Redis it is degraded but serves, and by itself ok again", async () => {
  const redis = await startRedis();
  const { url } = await startWorker({ mongodbUri: mongo.uriFor(), env: { REDIS_URL: redis.url } });
  await becomes(url, { httpStatus: 200, status: "ok", redis: "up" });

  await redis.kill();
  await becomes(url, { httpStatus: 200, status: "degraded", mongo: "up", redis: "down" });

  await redis.restart();
  await becomes(url, { httpStatus: 200, status: "ok", redis: "up" });
});

test("a worker starts without Redis, degraded, and joins when it comes", async () => {
  const redis = await startRedis();
  await redis.kill();
  const { url } = await startWorker({ mongodbUri: mongo.uriFor(), env: { REDIS_URL: redis.url } });
  expect(await health(url)).toMatchObject({ httpStatus: 200, status: "degraded", redis: "down" });

  await redis.restart();
  await becomes(url, { httpStatus: 200, status: "ok", redis: "up" });
});

test("a worker does not start without MongoDB, and names it without its password", async () => {
  const gone = await startTcpProxy({ target: mongo.target });
  await gone.stop();
  const starting = startWorker({ mongodbUri: `mongodb://user:hunter2@${gone.host}:${gone.port}/db` });

  const error = await starting.catch((reason: unknown) => reason);

  expect(error).toMatchObject({ name: "StartError", temporary: true });
  const { host, port } = gone;
  expect((error as Error).message).toBe(
    `Cannot reach MongoDB at mongodb://***@${host}:${port}/db (MONGODB_URI): connect ECONNREFUSED ${host}:${port}`,
  );
});
