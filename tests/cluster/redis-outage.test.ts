import { setTimeout as sleep } from "node:timers/promises";
import { type Client, connectClient, emitAck } from "../support/connect-client.js";
import { startMongo } from "../support/mongo.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { eventually } from "../support/wait.js";
import { complaints } from "./support/complaints.js";
import { health } from "./support/http-call.js";
import { type Load, startLoad } from "./support/load.js";

/** Times 100 ms make 15 s: longer than ioredis retries by default, which once ended the process. */
const MESSAGES_IN_OUTAGE = 150;

/** A client that sends a message ten times a second, and who should hear it. */
interface Talk {
  readonly load: Load;
  readonly near: Client;
  readonly far: Client;
  /** The numbers that the client on the same worker, or the one on the other instance, has heard. */
  readonly heardNear: number[];
  readonly heardFar: number[];
  disconnects: number;
}

async function startTalk(here: Shoal, there: Shoal): Promise<Talk> {
  const speaker = await connectClient(here.url);
  let near = await connectClient(here.url);
  while (near.session.worker !== speaker.session.worker) near = await connectClient(here.url);
  const far = await connectClient(there.url);
  const heardNear: number[] = [];
  const heardFar: number[] = [];
  const note = (heard: number[]) => (message: { from: string; body: number }) => {
    if (message.from === speaker.session.id) heard.push(message.body);
  };
  near.socket.on("message", note(heardNear));
  far.socket.on("message", note(heardFar));

  const load = startLoad(async (round) => {
    await expect(emitAck(speaker.socket, "message", { body: round })).resolves.toMatchObject({ ok: true });
    await sleep(100);
  });
  const talk: Talk = { load, near, far, heardNear, heardFar, disconnects: 0 };
  for (const { socket } of [speaker, near, far]) socket.on("disconnect", () => talk.disconnects++);
  return talk;
}

/** Waits until the client on the other instance hears what is said now. */
async function expectCrossing(talk: Talk): Promise<void> {
  const { succeeded } = talk.load;
  await eventually(() => expect(talk.heardFar.at(-1) ?? -1).toBeGreaterThan(succeeded), { withinMs: 20_000 });
}

async function expectHealth(shoals: readonly Shoal[], expected: Record<string, unknown>): Promise<void> {
  for (const { url } of shoals) {
    // Requests go round: two in a row reach both workers.
    const asked = async () => {
      for (const answer of [await health(url), await health(url)]) expect(answer).toMatchObject(expected);
    };
    await eventually(asked, { withinMs: 20_000 });
  }
}

async function surviveOutage(redis: RedisServer, shoals: readonly [Shoal, Shoal]): Promise<Talk[]> {
  const [first, second] = shoals;
  const talks = [await startTalk(first, second), await startTalk(second, first)];
  await Promise.all(talks.map(expectCrossing));
  await expectHealth(shoals, { httpStatus: 200, status: "ok", redis: "up" });

  await redis.kill();
  const goals = talks.map(({ load }) => load.succeeded + MESSAGES_IN_OUTAGE);
  await expectHealth(shoals, { httpStatus: 200, status: "degraded", redis: "down" });
  const allSaid = () => talks.map(({ load }, index) => load.succeeded >= (goals[index] ?? 0));
  await eventually(() => expect(allSaid()).toEqual([true, true]), { withinMs: 25_000, everyMs: 100 });
  await expectHealth(shoals, { httpStatus: 200, status: "degraded", redis: "down" });
  return talks;
}

async function expectSurvival(mode: string): Promise<void> {
  const [redis, mongo] = await Promise.all([startRedis(), startMongo()]);
  const mongodbUri = mongo.uriFor();
  const options = { workers: 2, mongodbUri, redisUrl: redis.url, env: { REDIS_ADAPTER: mode } };
  const shoals = [await spawnShoal(options), await spawnShoal(options)] as const;
  const pids = shoals.flatMap((shoal) => shoal.workerPids());
  const talks = await surviveOutage(redis, shoals);
  await redis.restart();

  await expectHealth(shoals, { httpStatus: 200, status: "ok", redis: "up" });
  await Promise.all(talks.map(expectCrossing));
  await Promise.all(talks.map(({ load }) => load.stop()));
  for (const { load, heardNear, heardFar, disconnects } of talks) {
    expect({ failures: load.failures, disconnects }).toEqual({ failures: [], disconnects: 0 });
    const everything = Array.from({ length: load.succeeded }, (_, round) => round);
    await eventually(() => expect(heardNear).toEqual(everything));
    // Those of the outage are lost; none comes twice or out of order.
    expect(heardFar).toEqual([...new Set(heardFar)].sort((one, other) => one - other));
    expect(heardFar.length).toBeLessThan(everything.length - MESSAGES_IN_OUTAGE / 2);
  }
  expect(shoals.flatMap((shoal) => shoal.workerPids())).toEqual(pids);
  expect(complaints(shoals.flatMap(({ logs }) => logs))).toEqual([]);
}

test("Redis may be away for 15 s under load: nobody ends, clients of one worker still talk, and all do again afterwards", async () => {
  // At the same time, as most of it is waiting.
  await Promise.all(["pubsub", "sharded"].map(expectSurvival));
});
