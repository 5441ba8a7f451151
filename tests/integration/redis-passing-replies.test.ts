import { mkdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { checksOf } from "../../src/cli/doctor/checks.js";
import { onTestEnd } from "../support/cleanup.js";
import { startMongo } from "../support/mongo.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";
import { tempDir } from "../support/temp-dir.js";
import { eventually } from "../support/wait.js";
import { bothBecome, isJoined, startPair, type WorkerPair } from "../support/worker-pair.js";

/** Longer than the interval of the workers' own heartbeat to Redis. */
const LOOK_MS = 8000;

/** Makes Redis answer `MISCONF` to what writes and to PING: its snapshot cannot be saved. */
async function failToSave(redis: RedisServer): Promise<void> {
  onTestEnd(() => redis.command("config", "set", "stop-writes-on-bgsave-error", "no", "save", ""));
  const dir = join(await tempDir("unsaved"), "gone");
  await mkdir(dir);
  await redis.command("config", "set", "dir", dir);
  await rmdir(dir);
  await redis.command("config", "set", "save", "3600 1");
  await redis.command("bgsave");
  await eventually(() => expect(redis.command("ping")).rejects.toThrow(/^MISCONF/));
}

function aways({ workers }: WorkerPair): string[] {
  return workers
    .flatMap(({ logs }) => logs.map(({ fields }) => String(fields.msg)))
    .filter((msg) => msg === "redis is away");
}

test("a Redis that cannot save its snapshot still joins the workers, is not away, and they are well", async () => {
  const [mongo, redis] = await Promise.all([
    startMongo(),
    startRedis({ args: ["--enable-protected-configs", "yes"] }),
  ]);
  const pair = await startPair(mongo.uriFor(), { REDIS_URL: redis.url });
  await isJoined(pair);
  await bothBecome(pair, "ok");

  await failToSave(redis);
  const heardUntil = performance.now() + LOOK_MS;
  const [{ socket: from }] = pair.near;
  const heard: number[] = [];
  const said: number[] = [];
  pair.far.socket.on("message", ({ body }: { body: number }) => heard.push(body));
  while (performance.now() < heardUntil) {
    const body = said.length;
    await from.timeout(2000).emitWithAck("message", { body });
    said.push(body);
    await eventually(() => expect(heard).toEqual(said));
  }
  await bothBecome(pair, "ok");
  expect(aways(pair)).toEqual([]);
}, 60_000);

test("the doctor warns of a Redis that cannot save its snapshot, and does not blame its user's rights", async () => {
  const [mongo, redis] = await Promise.all([
    startMongo(),
    startRedis({ args: ["--enable-protected-configs", "yes"] }),
  ]);
  await failToSave(redis);

  const environment = { MONGODB_URI: mongo.uriFor(), REDIS_URL: redis.url, AUTH: "none" };
  const parts = { environment, url: undefined, idleMs: 200, patienceMs: 60_000, dateMs: Date.now };
  const checks = checksOf(parts);
  const finding = await checks.find(({ name }) => name === "redis")?.run();

  expect(finding).toMatchObject({
    status: "warn",
    message: expect.stringContaining("answers ping (MISCONF"),
  });
  expect(JSON.stringify(finding)).not.toContain("give its user");
});
