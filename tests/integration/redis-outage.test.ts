import { randomBytes } from "node:crypto";
import { Redis } from "ioredis";
import { onTestEnd } from "../support/cleanup.js";
import { emitAck } from "../support/connect-client.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";
import { eventually, once } from "../support/wait.js";
import {
  bothBecome,
  complaints,
  isJoined,
  startPair,
  talkStaysLocal,
  type WorkerPair,
} from "../support/worker-pair.js";

// An error that nobody catches fails the running test: in a process of its own it would end it.

const MODES = ["pubsub", "sharded"] as const;
let mongo: MongoServer;
let redis: RedisServer;

beforeAll(async () => {
  [mongo, redis] = await Promise.all([startMongo(), startRedis()]);
});

async function startJoined(redisUrl: string, mode: string): Promise<WorkerPair> {
  const REDIS_PREFIX = `test-${randomBytes(4).toString("hex")}`;
  const env = { REDIS_URL: redisUrl, REDIS_ADAPTER: mode, REDIS_PREFIX };
  const pair = await startPair(mongo.uriFor(), env);
  await isJoined(pair);
  return pair;
}

test.each(MODES)("Redis is killed and comes back: %s", async (mode) => {
  const own = await startRedis();
  const pair = await startJoined(own.url, mode);
  const ends: unknown[] = [];
  for (const { socket } of [...pair.near, pair.far]) socket.on("disconnect", (reason) => ends.push(reason));

  await own.kill();
  await talkStaysLocal(pair);
  await bothBecome(pair, "degraded");
  await own.restart();

  await isJoined(pair);
  await bothBecome(pair, "ok");
  for (const { logs } of pair.workers) {
    const told = logs.map(({ fields }) => fields.msg);
    // Once, and not once an attempt.
    expect(told.filter((msg) => msg === "redis is away" || msg === "redis is back")).toEqual([
      "redis is away",
      "redis is back",
    ]);
  }
  expect(complaints(pair)).toEqual([]);
  expect(ends).toEqual([]);
});

test.each(MODES)("a room that was joined while Redis was away is heard when it is back: %s", async (mode) => {
  const own = await startRedis();
  const pair = await startJoined(own.url, mode);
  const { near, far } = pair;
  await own.kill();
  for (const { socket } of [near[0], far]) {
    await expect(emitAck(socket, "join", { room: "late" })).resolves.toEqual({ ok: true, room: "late" });
  }
  await own.restart();
  await bothBecome(pair, "ok");

  await eventually(async () => {
    const heard = once(far.socket, "message", 400);
    await Promise.all([heard, emitAck(near[0].socket, "message", { room: "late", body: 1 })]);
    await expect(heard).resolves.toMatchObject([{ room: "late" }]);
  });
});

describe("what others publish on the adapter's channels is ignored", () => {
  const MSGPACK = ["c0", "9101", "92a17881a36e7370a12f", "dc".repeat(20)].map((hex) =>
    Buffer.from(hex, "hex"),
  );
  const GARBAGE: ReadonlyArray<string | Buffer> = [
    ...["", "h", "hello", "{}", "{", "null", "[]", "[1]", '["x",{"nsp":"/"}]'],
    ...['{"type":5}', '{"type":6}', '{"type":7,"requestId":"x"}', '{"nsp":"/","type":3}'],
    ...['{"nsp":"/","type":4}', '{"nsp":"/","type":7}', '{"nsp":"/","type":9}', ...MSGPACK],
  ];

  test.each(MODES)("%s", async (mode) => {
    const pair = await startJoined(redis.url, mode);
    const [{ config }] = pair.workers;
    await emitAck(pair.near[0].socket, "join", { room: "public" });
    const client = new Redis(redis.url);
    onTestEnd(() => client.disconnect());
    const command = mode === "sharded" ? "spublish" : "publish";
    const channels = ["#/#", "#/#room:public#", "-request#/#", "-response#/#"];
    for (const channel of channels) {
      for (const payload of GARBAGE) await client[command](`${config.redis?.prefix}${channel}`, payload);
    }

    await isJoined(pair);
    expect(complaints(pair)).toEqual([]);
    const ignored = pair.workers[0].logs.filter(({ fields }) =>
      /forged ones, come through redis and are ignored/.test(String(fields.msg)),
    );
    expect(ignored.length).toBeGreaterThan(0);
  });
});
