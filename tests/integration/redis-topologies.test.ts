import { crosses } from "../support/crossing.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { startRedis } from "../support/redis-server.js";
import { startSentinel } from "../support/redis-topologies.js";
import { startTcpProxy } from "../support/tcp-proxy.js";
import { eventually } from "../support/wait.js";
import { bothBecome, isJoined, startPair, type WorkerPair } from "../support/worker-pair.js";

// An error that nobody catches fails the running test: in a process of its own it would end it.

let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

const start = (env: Record<string, string>) => startPair(mongo.uriFor(), env);

const allText = ({ workers }: WorkerPair) =>
  workers.flatMap(({ logs }) => logs.map(({ text }) => text)).join("\n");

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
  const pair = await start({
    REDIS_URL: sentinel.url,
    REDIS_TOPOLOGY: "sentinel",
    REDIS_SENTINEL_MASTER: masterName,
  });
  await isJoined(pair);

  await master.kill();
  await eventually(
    async () => expect(await replica.command("info", "replication")).toContain("role:master"),
    { withinMs: 20_000, everyMs: 100 },
  );

  await isJoined(pair);
  await bothBecome(pair, "ok");
});

test("a sentinel that takes connections and says nothing is passed over", async () => {
  const { sentinel, masterName } = await startSentinel();
  const silent = await startTcpProxy({ target: sentinel });
  silent.set("blackhole");

  const pair = await start({
    REDIS_URL: `redis://${silent.host}:${silent.port},${sentinel.url}`,
    REDIS_TOPOLOGY: "sentinel",
    REDIS_SENTINEL_MASTER: masterName,
  });

  await isJoined(pair);
  await bothBecome(pair, "ok");
});

describe("a password", () => {
  const PASSWORD = "p@ss:w/o?r#d %41ü";

  test("may hold any character, and reaches no log", async () => {
    const redis = await startRedis({ args: ["--requirepass", PASSWORD] });
    const encoded = encodeURIComponent(PASSWORD);
    const pair = await start({ REDIS_URL: `redis://:${encoded}@${redis.host}:${redis.port}` });

    await isJoined(pair);
    await bothBecome(pair, "ok");
    expect(allText(pair)).toContain(`redis://***@${redis.host}:${redis.port}`);
    expect(allText(pair)).not.toContain(PASSWORD);
    expect(allText(pair)).not.toContain(encoded);
  });

  test.each(["wrong-hunter2", ""])(
    "that is not the right one degrades and is told, not shown: %p",
    async (wrong) => {
      const redis = await startRedis({ args: ["--requirepass", PASSWORD] });
      const user = wrong === "" ? "" : `:${wrong}@`;
      const pair = await start({ REDIS_URL: `redis://${user}${redis.host}:${redis.port}` });

      await bothBecome(pair, "degraded");
      await crosses(pair.near[0], pair.near[1]);
      const told = pair.workers[0].logs.find(({ fields }) => String(fields.msg).startsWith("redis refuses"));
      expect(told?.fields).toMatchObject({
        level: "error",
        reason: expect.stringMatching(/WRONGPASS|NOAUTH/),
      });
      expect(allText(pair)).not.toContain("hunter2");
    },
  );
});
