import { type Client, connectClient, emitAck } from "../support/connect-client.js";
import { crosses } from "../support/crossing.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";
import { spawnShoal } from "../support/spawn-shoal.js";
import { startWorker } from "../support/start-worker.js";
import { adapterContract, type Topology } from "./adapter-suite.js";

const WORKERS = 3;
let mongo: MongoServer;
let redis: RedisServer;

beforeAll(async () => {
  [mongo, redis] = await Promise.all([startMongo(), startRedis()]);
});

/** A cluster of processes that share a port: which worker a client gets is not up to it. */
async function startCluster(workers: number): Promise<Topology> {
  const shoal = await spawnShoal({ workers, mongodbUri: mongo.uriFor() });

  async function connect(worker: number): Promise<Client> {
    for (;;) {
      const client = await connectClient(shoal.url);
      if (client.session.worker === worker) return client;
      client.socket.disconnect();
    }
  }

  return { workers, connect };
}

/** Servers that only Redis joins. */
async function startServers(env: Record<string, string>): Promise<Topology> {
  const mongodbUri = mongo.uriFor();
  const servers = await Promise.all(
    Array.from({ length: WORKERS }, (_, index) =>
      startWorker({ mongodbUri, worker: index + 1, env: { REDIS_URL: redis.url, ...env } }),
    ),
  );
  return { workers: WORKERS, connect: (worker) => connectClient(servers[worker - 1]?.url ?? "") };
}

describe.each([
  ["nothing, in a single process", () => startCluster(1)],
  ["the processes of a cluster", () => startCluster(WORKERS)],
  ["servers over Redis pub/sub", () => startServers({ REDIS_ADAPTER: "pubsub" })],
  ["servers over Redis sharded pub/sub", () => startServers({ REDIS_ADAPTER: "sharded" })],
])("joined by %s", (_what, start) => {
  let topology: Topology;

  beforeAll(async () => {
    topology = await start();
  });

  adapterContract(() => topology);
});

test.each(["pubsub", "sharded"])(
  "services with different REDIS_PREFIX do not hear each other: %s",
  async (mode) => {
    const [ours, theirs] = await Promise.all(
      ["ours", "theirs"].map((prefix) =>
        startServers({ REDIS_ADAPTER: mode, REDIS_PREFIX: `${mode}-${prefix}` }),
      ),
    );
    const [speaker, friend, stranger] = await Promise.all([
      ours?.connect(1),
      ours?.connect(2),
      theirs?.connect(1),
    ]);
    const strangersFriend = await theirs?.connect(2);
    if (!speaker || !friend || !stranger || !strangersFriend) throw new Error("not all are connected");
    const strays: unknown[] = [];
    stranger.socket.on(
      "message",
      ({ from }: { from: string }) => from === speaker.session.id && strays.push(from),
    );
    for (const { socket } of [speaker, friend, stranger]) await emitAck(socket, "join", { room: "room" });

    await crosses(speaker, friend);
    await emitAck(speaker.socket, "message", { room: "room", body: "to the room" });

    await crosses(strangersFriend, stranger); // what came before would have been heard before
    expect(strays).toEqual([]);
  },
);
