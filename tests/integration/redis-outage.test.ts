import { Redis } from "ioredis";
import { onTestEnd } from "../support/cleanup.js";
import { type Client, connectClient, emitAck } from "../support/connect-client.js";
import { crosses } from "../support/crossing.js";
import { logged } from "../support/line-log.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { startTcpProxy } from "../support/tcp-proxy.js";
import { eventually, once } from "../support/wait.js";

// An error that nobody catches fails the running test: in a process of its own it would end it.

const MODES = ["pubsub", "sharded"] as const;
let mongo: MongoServer;
let redis: RedisServer;

beforeAll(async () => {
  [mongo, redis] = await Promise.all([startMongo(), startRedis()]);
});

/** Two workers that only Redis joins, with two clients on the first and one on the second. */
interface Pair {
  readonly workers: readonly RunningWorker[];
  readonly near: readonly [Client, Client];
  readonly far: Client;
}

async function startPair(redisUrl: string, mode: string): Promise<Pair> {
  const env = { REDIS_URL: redisUrl, REDIS_ADAPTER: mode, REDIS_PREFIX: `${mode}-${Math.random()}` };
  const mongodbUri = mongo.uriFor();
  const workers = await Promise.all([1, 2].map((worker) => startWorker({ mongodbUri, env, worker })));
  const [here = "", there = ""] = workers.map(({ url }) => url);
  const [first, second, far] = await Promise.all([here, here, there].map((url) => connectClient(url)));
  const pair = { workers, near: [first, second], far } as Pair;
  await crosses(pair.near[0], pair.far);
  await crosses(pair.far, pair.near[0]);
  return pair;
}

async function status({ url }: RunningWorker): Promise<unknown> {
  return ((await (await fetch(`${url}/health`)).json()) as { status: string }).status;
}

const allBecome = (workers: readonly RunningWorker[], expected: string) =>
  eventually(
    async () => {
      for (const worker of workers) expect(await status(worker)).toBe(expected);
    },
    { withinMs: 20_000 },
  );

const SAID = Array.from({ length: 20 }, (_, index) => `in the outage ${index}`);

/** Everything that one client of the first worker says is heard by the other one, in order, and by nobody afar. */
async function localTalkGoesOn({ near: [from, to], far }: Pair): Promise<void> {
  const [heardNear, heardFar] = [saidTo(to), saidTo(far)];
  for (const body of SAID) await emitAck(from.socket, "message", { body });
  await eventually(() => expect(heardNear).toEqual(SAID), { withinMs: 10_000 });
  expect(heardFar).toEqual([]);
}

function saidTo({ socket }: Client): unknown[] {
  const heard: unknown[] = [];
  socket.on("message", ({ body }: { body: string }) => SAID.includes(body) && heard.push(body));
  return heard;
}

test.each(MODES)("Redis is killed and comes back: %s", async (mode) => {
  const own = await startRedis();
  const pair = await startPair(own.url, mode);
  const ends: unknown[] = [];
  for (const { socket } of [...pair.near, pair.far]) socket.on("disconnect", (reason) => ends.push(reason));

  await own.kill();
  await localTalkGoesOn(pair);
  await emitAck(pair.near[0].socket, "join", { room: "made-in-the-outage" });
  await allBecome(pair.workers, "degraded");
  await own.restart();

  await crosses(pair.near[0], pair.far);
  await crosses(pair.far, pair.near[1]);
  await allBecome(pair.workers, "ok");
  for (const { logs } of pair.workers) {
    // Told once, not once an attempt, and nothing worse than that.
    const told = logs.filter(({ fields }) => ["redis is away", "redis is back"].includes(String(fields.msg)));
    expect(told.map(({ fields }) => fields.msg)).toEqual(["redis is away", "redis is back"]);
    expect(logs.filter(({ fields }) => fields.level === "error" || fields.level === "fatal")).toEqual([]);
  }
  expect(ends).toEqual([]);
});

test.each(MODES)("a room that was joined while Redis was away is heard when it is back: %s", async (mode) => {
  const own = await startRedis();
  const { workers, near, far } = await startPair(own.url, mode);
  await own.kill();
  for (const { socket } of [near[0], far]) {
    await expect(emitAck(socket, "join", { room: "late" })).resolves.toEqual({ ok: true, room: "late" });
  }
  await own.restart();
  await allBecome(workers, "ok");

  await eventually(async () => {
    const heard = once(far.socket, "message", 400);
    await Promise.all([heard, emitAck(near[0].socket, "message", { room: "late", body: 1 })]);
    await expect(heard).resolves.toMatchObject([{ room: "late" }]);
  });
});

test("a link that has died without a word is noticed and replaced, in both modes", async () => {
  const survive = async (mode: string): Promise<void> => {
    const proxy = await startTcpProxy({ target: redis });
    const pair = await startPair(`redis://${proxy.host}:${proxy.port}`, mode);
    const before = proxy.accepted;

    proxy.set("blackhole");
    await localTalkGoesOn(pair);
    const silence = { reason: "no answer to a heartbeat" };
    await Promise.all(
      pair.workers.map((worker) => worker.waitForLog(logged("redis is away", silence), { withinMs: 15_000 })),
    );
    await eventually(() => expect(proxy.accepted).toBeGreaterThanOrEqual(before + 4), { withinMs: 15_000 });
    proxy.set("pass");

    await crosses(pair.near[0], pair.far);
    await crosses(pair.far, pair.near[0]);
    await allBecome(pair.workers, "ok");
  };

  // At the same time, as most of it is waiting.
  await Promise.all(MODES.map(survive));
}, 60_000);

describe("what others publish on the adapter's channels is ignored", () => {
  const MSGPACK_NIL = Buffer.from([0xc0]);
  const BROADCAST_WITHOUT_OPTIONS = Buffer.from("92a178 81a36e7370a12f".replaceAll(" ", ""), "hex");
  const GARBAGE: ReadonlyArray<string | Buffer> = [
    ...["", "h", "hello", "{}", "{", "null", "[]", '{"type":5}', '{"type":6}', '{"type":7,"requestId":"x"}'],
    ...['{"nsp":"/","type":3}', '{"nsp":"/","type":4}', '{"nsp":"/","type":7}', '{"nsp":"/","type":9}'],
    ...[MSGPACK_NIL, BROADCAST_WITHOUT_OPTIONS, Buffer.from([0x91, 0x01]), Buffer.alloc(20, 0xdc)],
  ];

  test.each(MODES)("%s", async (mode) => {
    const { workers, near, far } = await startPair(redis.url, mode);
    await emitAck(near[0].socket, "join", { room: "public" });
    const prefix = workers[0]?.config.redis?.prefix;
    const client = new Redis(redis.url);
    onTestEnd(() => client.disconnect());
    const command = mode === "sharded" ? "spublish" : "publish";
    const channels = ["#/#", "#/#room:public#", "-request#/#", "-response#/#"];
    for (const channel of channels) {
      for (const payload of GARBAGE) await client[command](`${prefix}${channel}`, payload);
    }

    await crosses(near[0], far);
    await crosses(far, near[0]);
    const complaints = workers.flatMap(({ logs }) => logs).filter(({ fields }) => fields.level === "error");
    expect(complaints).toEqual([]);
  });
});
