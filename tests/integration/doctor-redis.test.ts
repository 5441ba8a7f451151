import { checksOf } from "../../src/cli/doctor/checks.js";
import { onTestEnd } from "../support/cleanup.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";
import { eventually } from "../support/wait.js";

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedis();
});

/** What the doctor finds with this Redis. */
async function found({ url }: RedisServer) {
  const environment = { MONGODB_URI: "", REDIS_URL: url, AUTH: "none" };
  const checks = checksOf({ environment, url: undefined, idleMs: 0, patienceMs: 10_000, dateMs: Date.now });
  return checks.find(({ name }) => name === "redis")?.run();
}

test("the doctor warns of a Redis that is a replica, and names its master", async () => {
  const replica = await startRedis({ args: ["--replicaof", redis.host, String(redis.port)] });
  await eventually(async () => expect(await replica.command("role")).toContain("connected"));

  expect(await found(replica)).toMatchObject({
    status: "warn",
    message: expect.stringContaining(`is a replica of 127.0.0.1:${redis.port}: `),
    advice: expect.stringContaining("name the master in REDIS_URL"),
  });
  expect(await found(redis)).toMatchObject({ status: "ok" });
});

test.each([
  ["1mb 512kb 10", "warn"],
  ["32mb 1mb 60", "warn"],
  ["32mb 8mb 60", "ok"],
  ["0 0 0", "ok"],
])("a Redis that lets %s wait for a subscriber: %s", async (limit, status) => {
  onTestEnd(() => redis.command("config", "set", "client-output-buffer-limit", "pubsub 32mb 8mb 60"));
  await redis.command("config", "set", "client-output-buffer-limit", `pubsub ${limit}`);

  const finding = await found(redis);
  expect(finding).toMatchObject({ status });
  expect(finding?.advice !== undefined).toBe(status === "warn");
});

test("a user who may not read how much may wait is told so, and nothing is wrong with that", async () => {
  const rights = ["-@all", "+@pubsub", "+@connection", "+info", "&*"];
  await redis.command("acl", "setuser", "small", "reset", "on", ">word", ...rights);
  const url = redis.url.replace("//", "//small:word@");

  expect(await found({ ...redis, url })).toMatchObject({
    status: "ok",
    message: expect.stringContaining("may not read client-output-buffer-limit"),
  });
});
