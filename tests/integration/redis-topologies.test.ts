import { type Client, connectClient, emitAck } from "../support/connect-client.js";
import { crosses } from "../support/crossing.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { startRedis } from "../support/redis-server.js";
import { type RedisCluster, startRedisCluster, startSentinel } from "../support/redis-topologies.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { eventually, once } from "../support/wait.js";

// An error that nobody catches fails the running test: in a process of its own it would end it.

const MODES = ["pubsub", "sharded"] as const;
let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

interface Pair {
  readonly workers: readonly RunningWorker[];
  readonly clients: readonly [Client, Client];
}

/** Two workers that only Redis joins, with a client each. */
async function startPair(env: Record<string, string>): Promise<Pair> {
  const mongodbUri = mongo.uriFor();
  const workers = await Promise.all([1, 2].map((worker) => startWorker({ mongodbUri, env, worker })));
  const clients = await Promise.all(workers.map(({ url }) => connectClient(url)));
  return { workers, clients: clients as [Client, Client] };
}

async function joined({ clients: [first, second] }: Pair): Promise<void> {
  await crosses(first, second);
  await crosses(second, first);
}

/** A message to a room comes to its member on the other worker, and only to it. */
async function roomsJoined({ workers, clients: [first, second] }: Pair): Promise<void> {
  const outsider = await connectClient(workers[1]?.url ?? "");
  for (const { socket } of [first, second]) await emitAck(socket, "join", { room: "room" });
  const strays: unknown[] = [];
  outsider.socket.on("message", (message: { room?: string }) => message.room && strays.push(message));
  await eventually(async () => {
    const heard = once(second.socket, "message", 400);
    await Promise.all([heard, emitAck(first.socket, "message", { room: "room", body: "in the room" })]);
    await expect(heard).resolves.toMatchObject([{ room: "room", body: "in the room" }]);
  });
  await crosses(first, outsider); // what came before would have been heard before
  expect(strays).toEqual([]);
}

async function status({ url }: RunningWorker): Promise<unknown> {
  const response = await fetch(`${url}/health`);
  return { httpStatus: response.status, status: ((await response.json()) as { status: string }).status };
}

const become = ({ workers }: Pair, expected: { httpStatus: number; status: string }) =>
  eventually(
    async () => {
      for (const worker of workers) expect(await status(worker)).toEqual(expected);
    },
    { withinMs: 20_000 },
  );

const OK = { httpStatus: 200, status: "ok" };
const DEGRADED = { httpStatus: 200, status: "degraded" };

describe("a Redis Cluster", () => {
  let cluster: RedisCluster;
  const environment = (mode: string) => ({
    REDIS_URL: cluster.urls,
    REDIS_TOPOLOGY: "cluster",
    REDIS_ADAPTER: mode,
    REDIS_PREFIX: mode,
  });

  beforeAll(async () => {
    cluster = await startRedisCluster(3);
  });

  test.each(MODES)("joins workers: %s", async (mode) => {
    const pair = await startPair(environment(mode));

    await joined(pair);
    await roomsJoined(pair);
    await become(pair, OK);
  });

  test("is found through any one of its nodes", async () => {
    const REDIS_URL = cluster.nodes[2]?.url ?? "";
    await joined(await startPair({ ...environment("sharded"), REDIS_URL }));
  });

  test("may lose a node and get it back, in both modes", async () => {
    const pairs = await Promise.all(MODES.map((mode) => startPair(environment(mode))));
    await Promise.all(pairs.map(joined));

    await cluster.nodes[1]?.kill();
    await eventually(
      async () => expect(await cluster.nodes[0]?.command("cluster", "info")).toContain("cluster_state:fail"),
      { withinMs: 20_000, everyMs: 100 },
    );
    for (const { workers, clients } of pairs) {
      const neighbour = await connectClient(workers[0]?.url ?? "");
      await crosses(clients[0], neighbour);
    }
    await cluster.nodes[1]?.restart();

    await Promise.all(pairs.map(joined));
    await Promise.all(pairs.map((pair) => become(pair, OK)));
    for (const { workers, clients } of pairs) {
      for (const { socket } of clients) expect(socket.connected).toBe(true);
      const errors = workers.flatMap(({ logs }) => logs).filter(({ fields }) => fields.level === "error");
      expect(errors).toEqual([]);
    }
  }, 60_000);
});

test("a sentinel leads workers to its master, and to the next one after a fail-over", async () => {
  const { sentinel, master, masterName } = await startSentinel();
  await master.command("config", "set", "repl-diskless-sync-delay", "0");
  const replica = await startRedis({ args: ["--replicaof", master.host, String(master.port)] });
  const linked = async () =>
    expect(await replica.command("info", "replication")).toContain("master_link_status:up");
  await eventually(linked, { withinMs: 20_000, everyMs: 100 });
  // Told anew it looks at once, otherwise every 10 s.
  await sentinel.command("sentinel", "remove", masterName);
  await sentinel.command("sentinel", "monitor", masterName, master.host, String(master.port), "1");
  await sentinel.command("sentinel", "set", masterName, "down-after-milliseconds", "1000");
  const found = async () => expect(await sentinel.command("info", "sentinel")).toContain("slaves=1");
  await eventually(found, { withinMs: 20_000, everyMs: 100 });
  const pair = await startPair({
    REDIS_URL: sentinel.url,
    REDIS_TOPOLOGY: "sentinel",
    REDIS_SENTINEL_MASTER: masterName,
  });
  await joined(pair);

  await master.kill();
  await eventually(
    async () => expect(await replica.command("info", "replication")).toContain("role:master"),
    { withinMs: 20_000, everyMs: 100 },
  );

  await joined(pair);
  await become(pair, OK);
}, 60_000);

describe("a password", () => {
  const PASSWORD = "p@ss:w/o?r#d %41ü";

  test("may hold any character, and reaches no log", async () => {
    const redis = await startRedis({ args: ["--requirepass", PASSWORD] });
    const encoded = encodeURIComponent(PASSWORD);
    const pair = await startPair({ REDIS_URL: `redis://:${encoded}@${redis.host}:${redis.port}` });

    await joined(pair);
    await become(pair, OK);
    const logs = pair.workers.flatMap(({ logs }) => logs.map(({ text }) => text)).join("\n");
    expect(logs).toContain(`redis://***@${redis.host}:${redis.port}`);
    expect(logs).not.toContain(PASSWORD);
    expect(logs).not.toContain(encoded);
  });

  test.each(["wrong-hunter2", ""])(
    "that is not the right one degrades and is told, not shown: %p",
    async (wrong) => {
      const redis = await startRedis({ args: ["--requirepass", PASSWORD] });
      const user = wrong === "" ? "" : `:${wrong}@`;
      const pair = await startPair({ REDIS_URL: `redis://${user}${redis.host}:${redis.port}` });

      await become(pair, DEGRADED);
      const neighbour = await connectClient(pair.workers[0]?.url ?? "");
      await crosses(pair.clients[0], neighbour);
      const told = pair.workers[0]?.logs.find(({ fields }) => fields.msg === "redis is away");
      expect(told?.fields).toMatchObject({
        level: "warn",
        reason: expect.stringMatching(/WRONGPASS|NOAUTH/),
      });
      const logs = pair.workers.flatMap(({ logs }) => logs.map(({ text }) => text)).join("\n");
      expect(logs).not.toContain("hunter2");
    },
  );
});
