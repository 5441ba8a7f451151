import type { Finding } from "../../src/cli/doctor/check.js";
import { checksOf } from "../../src/cli/doctor/checks.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";
import { spawnPeers } from "../support/spawn-peers.js";
import { eventually } from "../support/wait.js";

// Each of two instances says of itself that it is well; only together they are not.

const [SAME, OTHER] = ["s".repeat(32), "o".repeat(32)] as const;

let mongo: MongoServer;
let redis: RedisServer;

beforeAll(async () => {
  [mongo, redis] = await Promise.all([startMongo(), startRedis()]);
});

type Variables = Readonly<Record<string, string>>;

/** What the check finds with the configuration of the first of two instances, of which the other one has these variables of its own. */
async function foundWith(name: string, other: Variables): Promise<() => Promise<Finding | Error>> {
  const mongodbUri = mongo.uriFor();
  const env = { PEER_SECRET: SAME, REDIS_URL: redis.url, REDIS_PREFIX: name };
  const [one] = await spawnPeers(mongodbUri, [{ env }, { env: { ...env, ...other } }]);
  const own = { AUTH: "none", ADMIN_PORT: "0", MONGODB_URI: mongodbUri, PEER_URL: one?.url ?? "", ...env };
  const checks = checksOf({
    environment: own,
    url: undefined,
    idleMs: 0,
    patienceMs: 60_000,
    dateMs: Date.now,
  });
  const check = checks.find((each) => each.name === "peers");
  if (check === undefined) throw new Error("no check peers");
  return () => check.run().catch((error: Error) => error);
}

test("two instances that have the same are found to reach, believe and hear each other", async () => {
  const look = await foundWith("same", {});

  await eventually(async () =>
    expect(await look()).toEqual({
      status: "ok",
      message:
        "2 workers of all instances are alive; 2 instances believe this PEER_SECRET; all hear each other over Redis",
    }),
  );
});

test("another PEER_SECRET is a failure that names the instance that refuses, and no secret", async () => {
  const look = await foundWith("secret", { PEER_SECRET: OTHER });

  await eventually(async () =>
    expect(await look()).toMatchObject({
      status: "fail",
      message: expect.stringMatching(/^refused by http:\/\/127\.0\.0\.1:\d+: PEER_SECRET there is another/),
      advice: expect.stringContaining("PEER_SECRET_PREVIOUS"),
      see: "docs/runbook.md#certificates-and-the-edge",
    }),
  );
  expect(JSON.stringify(await look())).not.toMatch(/s{32}|o{32}/);
});

test.each<[string, Variables]>([
  ["REDIS_PREFIX", { REDIS_PREFIX: "elsewhere" }],
  ["REDIS_ADAPTER", { REDIS_ADAPTER: "sharded" }],
])("another %s is a failure that says how many do not hear the others", async (variable, other) => {
  const look = await foundWith(`prefix-${variable}`, other);

  await eventually(async () =>
    expect(await look()).toMatchObject({
      status: "fail",
      message: expect.stringMatching(/^1 of 2 living workers listen at this Redis under this REDIS_PREFIX/),
      advice: expect.stringContaining(variable),
    }),
  );
});

test("another MongoDB is a warning that says which variable to compare", async () => {
  const look = await foundWith("database", { MONGODB_URI: mongo.uriFor() });

  await eventually(async () =>
    expect(await look()).toMatchObject({
      status: "warn",
      message: expect.stringMatching(/^2 listen at this Redis .* only 1 workers are alive in this MongoDB/),
      advice: expect.stringContaining("MONGODB_URI"),
    }),
  );
});

test("an instance whose PEER_URL leads nowhere is a failure", async () => {
  const look = await foundWith("nowhere", { PEER_URL: "http://127.0.0.1:9" });

  await eventually(async () =>
    expect(await look()).toMatchObject({
      status: "fail",
      message: expect.stringMatching(/^not reached from here: http:\/\/127\.0\.0\.1:9 \(.*ECONNREFUSED/),
      advice: expect.stringContaining("PEER_URL"),
    }),
  );
});

test("without any instance there is nothing to find", async () => {
  const environment = { AUTH: "none", MONGODB_URI: mongo.uriFor(), REDIS_URL: redis.url };
  const parts = { url: undefined, idleMs: 0, patienceMs: 60_000, dateMs: Date.now };
  const check = checksOf({ environment, ...parts }).find(({ name }) => name === "peers");

  expect(await check?.run()).toEqual({ status: "ok", message: "no instance runs with this MongoDB" });
});
