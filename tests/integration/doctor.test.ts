import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import mongoose from "mongoose";
import { type Result, worst } from "../../src/cli/doctor/check.js";
import { checksOf } from "../../src/cli/doctor/checks.js";
import { clockFinding } from "../../src/cli/doctor/clock.js";
import { makeKey } from "../support/api-keys.js";
import { spawnProgram } from "../support/child.js";
import { onEnd } from "../support/cleanup.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { startRoundRobin } from "../support/nginx-round-robin.js";
import { distFile } from "../support/program-path.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { tempDir } from "../support/temp-dir.js";
import { keySetOf, signingKey } from "../support/tokens.js";
import { eventually } from "../support/wait.js";
// Loaded before the checks: compiled meanwhile, they would hold up the servers of this process.
import "../../src/engine/stores/mongo-inspection.js";
import "../../src/engine/stores/redis-inspection.js";
import "../../src/engine/worker/inspected-stores.js";

const PASSWORD = "of-the-test";
/** The smallest rights of docs/security.md, less one. */
const RIGHTS = ["+ping", "+info", "+client|setname", "+publish", "+subscribe", "+pubsub|numsub"];

let mongo: MongoServer;
let mongodbUri: string;
let redis: RedisServer;
let worker: RunningWorker;
let shared: Readonly<Record<string, string>>;

beforeAll(async () => {
  mongo = await startMongo();
  redis = await startRedis();
  mongodbUri = mongo.uriFor();
  shared = { REDIS_URL: redis.url, CORS_ORIGIN: "https://app.example.com" };
  const env = { ...shared, API_KEYS: JSON.stringify([makeKey("ops").entry]) };
  worker = await startWorker({ mongodbUri, env });
});

interface Asked {
  /** Names of the checks; default: all. */
  readonly only?: readonly string[];
  readonly url?: string;
  /** How far this machine's clock is ahead. */
  readonly aheadMs?: number;
}

/** What each check finds with these variables, by name. */
async function found(
  environment: Record<string, string>,
  { url, aheadMs = 0, only }: Asked = {},
): Promise<ReadonlyMap<string, Result | Error>> {
  const checks = checksOf({
    environment,
    url,
    idleMs: 200,
    patienceMs: 60_000,
    dateMs: () => Date.now() + aheadMs,
  });
  const results = await Promise.all(
    checks
      .filter(({ name }) => only?.includes(name) ?? true)
      .map(async (check) => {
        const outcome = await check.run().catch((error: Error) => error);
        return [
          check.name,
          outcome instanceof Error ? outcome : { ...outcome, check: check.name, see: check.see },
        ] as const;
      }),
  );
  return new Map(results);
}

const usual = () => ({ MONGODB_URI: mongodbUri, REDIS_URL: redis.url, ADMIN_PORT: "0" });

/** The port of a server of somebody else's. */
async function listening(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  onEnd(() => server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  return (server.address() as AddressInfo).port;
}

/** Status and message; what a check rejects with is a failure, too. */
function told(results: ReadonlyMap<string, Result | Error>, name: string): [string | undefined, string] {
  const result = results.get(name);
  return result instanceof Error ? ["fail", result.message] : [result?.status, result?.message ?? ""];
}

test("all is well with an instance that runs, behind a proxy that is right", async () => {
  const proxy = await startRoundRobin([worker.url]);
  const { port } = new URL(worker.url);

  let results: ReadonlyMap<string, Result | Error> = new Map();
  // Whoever does not answer within a second counts as away: a store to its instance, an instance to who looks at its port.
  await eventually(async () => {
    results = await found({ ...usual(), PORT: port, AUTH: "none" }, { url: proxy.url });
    expect([...results].filter(([, one]) => one instanceof Error || one.status !== "ok")).toEqual([]);
    expect(told(results, "port")[1]).toContain(`taken by the Shoal instance ${worker.config.instance}`);
  });
  expect([...results.keys()]).toEqual([
    ...["configuration", "port", "admin port", "workers", "descriptors", "data dir", "keys", "token keys"],
    ...["mongodb", "indexes", "redis", "clock", "peers"],
    ...["public address", "upgrade", "polling", "headers", "authorization", "cache"],
    ...["body size", "message size", "idle"],
  ]);
  expect(told(results, "clock")[1]).toMatch(/Redis \d\.\d s/);
  expect(worst([...results.values()] as Result[])).toBe("ok");
});

test("a misspelt variable is a warning, and a wrong one a failure beside which nothing else is looked at", async () => {
  const misspelt = await found({ ...usual(), AUTH: "none", WOKERS: "2" }, { only: ["configuration"] });
  expect(told(misspelt, "configuration")).toEqual([
    "warn",
    "WOKERS is no variable of Shoal: was WORKERS meant?",
  ]);

  const wrong = await found({ ...usual(), AUTH: "none", WORKERS: "two", REDIS_URL: `redis://:${PASSWORD}@` });
  expect([...wrong.keys()]).toEqual(["configuration"]);
  expect(told(wrong, "configuration")[1]).toMatch(
    /WORKERS must be .*REDIS_URL must|REDIS_URL must.*WORKERS must/,
  );
  expect(told(wrong, "configuration")[1]).not.toContain(PASSWORD);
});

test.each(["API_KEYS_FILE", "API_KEYS"])(
  "a wrong key in %s hides none of what needs no keys",
  async (variable) => {
    const { entry } = makeKey("ops");
    const list = JSON.stringify([{ ...entry, capz: {} }]);
    const file = join(await tempDir("keys"), "keys.json");
    await writeFile(file, list);
    const keys = { [variable]: variable === "API_KEYS" ? list : file };

    const results = await found({ ...usual(), ...keys, AUTH: "none", PORT: "0" });

    expect(told(results, "configuration")).toEqual([
      "fail",
      expect.stringMatching(
        new RegExp(`^Bad configuration: ${variable} must have no other fields .* key "ops"$`),
      ),
    ]);
    for (const name of ["mongodb", "indexes", "redis", "descriptors", "admin port", "token keys"])
      expect([name, told(results, name)]).toEqual([name, ["ok", expect.not.stringContaining("looked at")]]);
    // Not that there is none.
    expect(told(results, "keys")).toEqual(["ok", "could not be looked at: see the check configuration"]);

    const alsoWrong = await found({ ...usual(), ...keys, WORKERS: "two" });
    expect([...alsoWrong.keys()]).toEqual(["configuration"]);
    expect(told(alsoWrong, "configuration")[1]).toContain(variable);
  },
);

test("a port that something else has is a failure", async () => {
  const port = await listening((_request, response) => response.end("{}"));

  expect(told(await found({ ...usual(), PORT: String(port) }, { only: ["port"] }), "port")).toEqual([
    "fail",
    `PORT ${port} on 127.0.0.1 is taken, and not by Shoal`,
  ]);
});

describe("MongoDB", () => {
  test("a single server is a warning in production, and a failure where a replica set is asked for", async () => {
    const production = { NODE_ENV: "production", AUTH: "none", PORT: "0" };
    const single = await found({ ...usual(), ...production }, { only: ["mongodb"] });
    expect(told(single, "mongodb")).toEqual(["warn", expect.stringContaining("a single server")]);

    const asked = mongodbUri.replace("directConnection=true", "replicaSet=rs");
    const set = await found({ ...usual(), ...production, MONGODB_URI: asked }, { only: ["mongodb"] });
    expect(told(set, "mongodb")).toEqual(["fail", expect.stringMatching(/Cannot reach MongoDB|replica set/)]);
  });

  test("an index that is gone is a warning that names it", async () => {
    const connection = await mongoose.createConnection(mongodbUri).asPromise();
    onEnd(() => connection.close(true));
    const collections = (await connection.db?.collections()) ?? [];
    const indexed = await Promise.all(collections.map(async (one) => ({ one, list: await one.indexes() })));
    const victim = indexed.find(({ list }) => list.length > 1);
    const { name = "", key } = victim?.list.find((index) => index.name !== "_id_") ?? {};
    await victim?.one.dropIndex(name);

    const results = await found(usual(), { only: ["mongodb", "indexes"] });

    expect(told(results, "indexes")).toEqual([
      "warn",
      expect.stringContaining(`missing in ${victim?.one.collectionName} ${JSON.stringify(key)}`),
    ]);
    expect(told(results, "mongodb")[0]).toBe("ok");
  });
});

describe("Redis", () => {
  test("a right that its user lacks is a failure that names it, and no more than that", async () => {
    const rights = [...RIGHTS, "+unsubscribe", "+punsubscribe", "&shoal*", "&shoal#/#*"];
    await redis.command("acl", "setuser", "shoal", "reset", "on", `>${PASSWORD}`, "-@all", ...rights);
    const REDIS_URL = redis.url.replace("//", `//shoal:${PASSWORD}@`);

    const [status, message] = told(await found({ ...usual(), REDIS_URL }, { only: ["redis"] }), "redis");
    expect([status, message]).toEqual(["fail", expect.stringContaining("refuses psubscribe shoal#/#*")]);
    expect(message).not.toMatch(/ publish| subscribe|numsub/);
    expect(message).not.toContain(PASSWORD);

    await redis.command("acl", "setuser", "shoal", "+psubscribe");
    expect(told(await found({ ...usual(), REDIS_URL }, { only: ["redis"] }), "redis")[0]).toBe("ok");
    const wrong = await found(
      { ...usual(), REDIS_URL: REDIS_URL.replace(PASSWORD, "another") },
      { only: ["redis"] },
    );
    expect(told(wrong, "redis")).toEqual(["fail", expect.stringContaining("WRONGPASS")]);
  });
});

test("a clock that is a minute behind is a failure that names whose clocks differ", async () => {
  const results = await found(usual(), { aheadMs: -60_000, only: ["clock"] });

  expect(told(results, "clock")).toEqual(["fail", expect.stringMatching(/Redis [3-6]\d\.\d s/)]);
});

test.each([
  [2000, "ok"],
  [3000, "warn"],
  [5000, "fail"],
  [-5000, "fail"],
])("a clock that differs by %i ms is %s, whatever the way there has taken", (skewMs, status) => {
  const reading = { beforeMs: 1000, afterMs: 1400, serverMs: skewMs > 0 ? 1400 + skewMs : 1000 + skewMs };

  expect(clockFinding([{ of: "MongoDB", reading }]).status).toBe(status);
});

test("a key server that has no set, or no key for the algorithms, is a failure", async () => {
  const set = JSON.stringify(await keySetOf(await signingKey("one", "ES256")));
  const port = await listening((request, response) => {
    response.statusCode = request.url === "/jwks" ? 200 : 404;
    response.end(set);
  });
  const base = `http://127.0.0.1:${port}`;
  const only = ["token keys"];
  const jwt = (path: string) => ({
    ...usual(),
    ...{ AUTH: "jwt", AUTH_JWKS_URL: base + path, AUTH_ISSUER: "https://id.example", AUTH_AUDIENCE: "shoal" },
  });

  expect(told(await found(jwt("/jwks"), { only }), "token keys")[0]).toBe("ok");
  expect(told(await found(jwt("/none"), { only }), "token keys")).toEqual([
    "fail",
    expect.stringContaining("status 404"),
  ]);
  const other = await found({ ...jwt("/jwks"), AUTH_ALGORITHMS: "RS256" }, { only });
  expect(told(other, "token keys")).toEqual(["fail", expect.stringContaining("1 keys, 0 of them for RS256")]);
});

test("a proxy that passes on neither Upgrade nor Host nor large bodies, and has no affinity, is found out", async () => {
  const other = await startWorker({ mongodbUri, env: shared });
  const proxy = await startRoundRobin([worker.url, other.url], {
    upgrades: false,
    host: "$proxy_host",
    bodyLimit: "1k",
  });

  const results = await found(usual(), {
    url: proxy.url,
    only: ["public address", "upgrade", "polling", "headers", "body size"],
  });

  expect(told(results, "public address")[0]).toBe("ok");
  expect(told(results, "upgrade")).toEqual([
    "fail",
    expect.stringContaining("a WebSocket does not come through"),
  ]);
  expect(told(results, "polling")).toEqual(["fail", expect.stringMatching(/^[1-8] of [1-8] requests/)]);
  expect(told(results, "headers")).toEqual(["fail", expect.stringContaining("status 403")]);
  expect(told(results, "body size")).toEqual(["fail", expect.stringContaining("status 413")]);
});

test("few descriptors are found by a process that has few, which exits with 2 and prints JSON", async () => {
  const program = [process.execPath, distFile("cli/main.js"), "doctor", "--json", "--timeout", "300"];
  const child = await spawnProgram("sh", {
    args: ["-c", 'ulimit -n 256 && exec "$@"', "sh", ...program],
    env: { ...usual(), PORT: "0" },
  });

  expect((await child.exited).code).toBe(2);
  const text = child.lines.filter(({ stream }) => stream === "stdout").map((line) => line.text);
  const report = JSON.parse(text.join("\n")) as { status: string; checks: Result[] };
  expect(report.status).toBe("fail");
  expect(report.checks.filter(({ status }) => status === "fail")).toEqual([
    {
      ...{ check: "descriptors", see: "docs/runbook.md#handshakes-are-refused", status: "fail" },
      message: expect.stringContaining("256 open files"),
      advice: expect.stringContaining("raise the limit of open files"),
    },
  ]);
});
