import { connectClient, emitAck } from "../support/connect-client.js";
import { crosses } from "../support/crossing.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { type RedisCluster, startRedisCluster } from "../support/redis-topologies.js";
import { eventually, once } from "../support/wait.js";
import { bothBecome, complaints, isJoined, startPair, type WorkerPair } from "../support/worker-pair.js";

// An error that nobody catches fails the running test: in a process of its own it would end it.

const MODES = ["pubsub", "sharded"] as const;
let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

const start = (env: Record<string, string>) => startPair(mongo.uriFor(), env);

/** A message to a room comes to its member on the other worker, and only to it. */
async function roomsAreJoined({ workers, near: [first], far }: WorkerPair): Promise<void> {
  const outsider = await connectClient(workers[1].url);
  for (const { socket } of [first, far]) await emitAck(socket, "join", { room: "room" });
  const strays: unknown[] = [];
  outsider.socket.on("message", (message: { room?: string }) => message.room && strays.push(message));
  await eventually(async () => {
    const heard = once(far.socket, "message", 400);
    await Promise.all([heard, emitAck(first.socket, "message", { room: "room", body: "in the room" })]);
    await expect(heard).resolves.toMatchObject([{ room: "room", body: "in the room" }]);
  });
  await crosses(first, outsider); // what came before would have been heard before
  expect(strays).toEqual([]);
}

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
    const pair = await start(environment(mode));

    await isJoined(pair);
    await roomsAreJoined(pair);
    await bothBecome(pair, "ok");
  });

  test("is found through any one of its nodes", async () => {
    const REDIS_URL = cluster.nodes[2]?.url ?? "";
    await isJoined(await start({ ...environment("sharded"), REDIS_URL }));
  });

  test("joins workers when its channels are granted to them later, in both modes", async () => {
    const onAll = (...words: string[]) => Promise.all(cluster.nodes.map((node) => node.command(...words)));
    await onAll("acl", "setuser", "app", "on", ">pw", "resetchannels", "+@all");
    const REDIS_URL = cluster.urls.replaceAll("redis://", "redis://app:pw@");
    const pairs = await Promise.all(MODES.map((mode) => start({ ...environment(mode), REDIS_URL })));
    await Promise.all(pairs.map((pair) => bothBecome(pair, "degraded")));

    await onAll("acl", "setuser", "app", "allchannels");

    await Promise.all(pairs.map((pair) => bothBecome(pair, "ok")));
    await Promise.all(pairs.map(isJoined));
  });

  test("may lose a node and get it back, in both modes", async () => {
    const pairs = await Promise.all(MODES.map((mode) => start(environment(mode))));
    await Promise.all(pairs.map(isJoined));

    await cluster.nodes[1]?.kill();
    await eventually(
      async () => expect(await cluster.nodes[0]?.command("cluster", "info")).toContain("cluster_state:fail"),
      { withinMs: 20_000, everyMs: 100 },
    );
    for (const { near } of pairs) await crosses(near[0], near[1]);
    await cluster.nodes[1]?.restart();

    await Promise.all(pairs.map(isJoined));
    await Promise.all(pairs.map((pair) => bothBecome(pair, "ok")));
    for (const pair of pairs) {
      for (const { socket } of [...pair.near, pair.far]) expect(socket.connected).toBe(true);
      expect(complaints(pair)).toEqual([]);
    }
  });
});
