import { once } from "node:events";
import { readConfig } from "../../src/engine/config/config.js";
import { guardReplies } from "../../src/engine/internals/ioredis.js";
import { createLogger } from "../../src/engine/process/logger.js";
import { createRedis } from "../../src/engine/stores/redis.js";
import { createSubscriberClient } from "../../src/engine/stores/redis-clients.js";
import { inspectRedis } from "../../src/engine/stores/redis-inspection.js";
import { REPLY_CHECKS } from "../../src/engine/stores/reply-shapes.js";
import { onTestEnd } from "../support/cleanup.js";
import { type FalseAnswer, type FalseRedis, startFalseRedis } from "../support/false-redis.js";
import { ALL_MEASURES } from "../support/internals.js";
import { startMongo } from "../support/mongo.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";
import { eventually } from "../support/wait.js";
import { bothBecome, complaints, isJoined, startPair, talkStaysLocal } from "../support/worker-pair.js";

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedis();
});

function configOf({ url }: FalseRedis) {
  const { redis: config } = readConfig({ NODE_ENV: "test", REDIS_URL: url });
  if (config === undefined) throw new Error("no Redis is configured");
  return config;
}

const SUBSCRIBE = /subscribe/i;
const WITHOUT_RESP3: FalseAnswer = [/hello/i, "-NOPROTO unsupported protocol version\r\n+OK\r\n"];

test.each<[string, FalseAnswer[]]>([
  ["nothing to SUBSCRIBE", [[SUBSCRIBE, "$-1\r\n"]]],
  ["nothing to SUBSCRIBE, by RESP3", [[SUBSCRIBE, "_\r\n"]]],
  ["no list to SUBSCRIBE", [[SUBSCRIBE, "*-1\r\n"]]],
  ["a number to SUBSCRIBE", [[SUBSCRIBE, ":1\r\n"]]],
  ["an empty list to SUBSCRIBE", [[SUBSCRIBE, "*0\r\n"]]],
  ["an empty map to SUBSCRIBE", [[SUBSCRIBE, "%0\r\n"]]],
  ["a push of nothing", [[SUBSCRIBE, ">1\r\n_\r\n"]]],
  ["a subscription to nothing", [[SUBSCRIBE, ">3\r\n+subscribe\r\n_\r\n:1\r\n"]]],
  ["a pattern's message without one", [[SUBSCRIBE, ">2\r\n+pmessage\r\n_\r\n"]]],
  ["a list in a list in a list", [[SUBSCRIBE, "*1\r\n".repeat(200_000)]]],
  ["more parts than there is memory", [[SUBSCRIBE, "*30000000\r\n".repeat(60)]]],
  ["a string that none has", [[SUBSCRIBE, "$999999999999\r\n"]]],
  ["elsewhere, nowhere", [[SUBSCRIBE, "-MOVED\r\n"]]],
  ["nothing to INFO", [[/info/i, "_\r\n"]]],
  ["a subscription to nothing, by RESP2", [WITHOUT_RESP3, [SUBSCRIBE, "*3\r\n+subscribe\r\n_\r\n:1\r\n"]]],
  ["an empty list to SUBSCRIBE, by RESP2", [WITHOUT_RESP3, [SUBSCRIBE, "*0\r\n"]]],
])("who answers %s ends a connection and nothing else, and is asked again", async (what, answers) => {
  guardReplies(REPLY_CHECKS);
  const falseRedis = await startFalseRedis(redis);
  falseRedis.answer(...answers);
  const client = createSubscriberClient(configOf(falseRedis));
  onTestEnd(() => client.disconnect());
  const errors: string[] = [];
  client.on("error", ({ message }: Error) => errors.push(message));
  client.connect().catch(() => {});
  // A refusal is an answer: whoever asked is told, and asks again.
  const subscribe = (): Promise<unknown> => client.subscribe("a").catch(subscribe);
  const subscribed = subscribe();
  await eventually(() => expect(errors.length).toBeGreaterThan(1));

  falseRedis.answer();
  await subscribed;
  const heard = once(client, "message");
  await redis.command("publish", "a", what);

  expect(await heard).toEqual(["a", what]);
});

test("workers survive wrong answers at the start and later, and are joined when Redis answers", async () => {
  const mongo = await startMongo();
  const falseRedis = await startFalseRedis(redis);
  falseRedis.answer([SUBSCRIBE, "_\r\n"]);
  const pair = await startPair(mongo.uriFor(), { REDIS_URL: falseRedis.url });
  await talkStaysLocal(pair);
  falseRedis.answer();
  await isJoined(pair);
  await bothBecome(pair, "ok");

  const before = falseRedis.told;
  falseRedis.answer([SUBSCRIBE, "_\r\n"]);
  falseRedis.cut();
  await eventually(() => expect(falseRedis.told).toBeGreaterThan(before + 1));
  falseRedis.answer();

  await isJoined(pair);
  await bothBecome(pair, "ok");
  expect(complaints(pair)).toEqual([]);
});

test("a link that dies between the connection and its first answer is replaced", async () => {
  const falseRedis = await startFalseRedis(redis);
  falseRedis.answer([/^/, ""]);
  const own = createRedis(configOf(falseRedis), ALL_MEASURES, createLogger("silent"));
  onTestEnd(own.stop);
  await own.start();
  await eventually(() => expect(falseRedis.told).toBeGreaterThan(1));
  falseRedis.answer();

  await eventually(() => expect(own.isUp()).toBe(true), { withinMs: 30_000 });
});

test("subscriptions that are asked for while Redis is not there yet are made when it is", async () => {
  const falseRedis = await startFalseRedis(redis);
  falseRedis.answer([/hello/i, "-LOADING Redis is loading the dataset in memory\r\n+OK\r\n"]);
  const own = createRedis(configOf(falseRedis), ALL_MEASURES, createLogger("silent"));
  onTestEnd(own.stop);
  await own.start();
  const before = falseRedis.told;
  const first = own.subscriber.subscribe("later").then(
    () => "made",
    () => "failed",
  );
  await eventually(() => expect(falseRedis.told).toBeGreaterThan(before + 3));
  falseRedis.answer();
  const heard = once(own.subscriber, "message");

  await eventually(
    async () => expect([await redis.command("publish", "later", "x"), await first]).toEqual(["1", "failed"]),
    { withinMs: 30_000 },
  );
  expect(await heard).toEqual(["later", "x"]);
});

test("the doctor survives wrong answers", async () => {
  const falseRedis = await startFalseRedis(redis);
  falseRedis.answer([SUBSCRIBE, "_\r\n"]);
  const facts = inspectRedis(configOf(falseRedis), Date.now);
  await eventually(() => expect(falseRedis.told).toBeGreaterThan(1));
  falseRedis.answer();

  expect((await facts).refused).toEqual([]);
});
