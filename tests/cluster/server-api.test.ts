import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { apiOf, hashOf, makeKey } from "../support/api-keys.js";
import { connectClient, emitAck } from "../support/connect-client.js";
import { logged } from "../support/line-log.js";
import { startMongo } from "../support/mongo.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { tempDir } from "../support/temp-dir.js";
import { eventually } from "../support/wait.js";
import { call } from "./support/http-call.js";

const key = makeKey("all");
const API_KEYS = JSON.stringify([key.entry]);

interface Notice {
  readonly room?: string;
  readonly event: string;
  readonly body: unknown;
}

/** A client of this user that notes what servers send. */
async function listen(url: string, user: string) {
  const { socket, session } = await connectClient(url, { auth: { user } });
  const heard: Notice[] = [];
  socket.on("notice", ({ at: _at, ...notice }) => heard.push(notice));
  return { socket, session, heard };
}

/** Clients of one user on each of the workers of this instance. */
async function listenOnEach(url: string, user: string) {
  const all = [await listen(url, user)];
  while (new Set(all.map(({ session }) => session.worker)).size < 2) all.push(await listen(url, user));
  return all;
}

/** Whom a relay reaches, on the instances at these addresses; the request goes to the first. */
async function expectRelays(urls: readonly string[]): Promise<void> {
  const groups = await Promise.all(urls.map((url) => listenOnEach(url, "ann")));
  const anns = groups.flat();
  const joined = await listen(urls.at(-1) ?? "", "bob");
  const subscribed = await listen(urls[0] ?? "", "cid");
  await emitAck(joined.socket, "join", { room: "den" });
  await emitAck(subscribed.socket, "subscribe", { room: "den" });
  const call = apiOf(urls[0] ?? "", key.key);
  const everybody = [...anns, joined, subscribed];

  /** A subscription elsewhere takes a moment to be known here. */
  await eventually(async () => {
    await call("POST", "/v1/relay", { room: "den", event: "knock", body: 0 });
    expect(joined.heard).not.toEqual([]);
  });
  const relays = [
    { room: "den", event: "to-room", body: 1 },
    { users: ["ann", "nobody"], event: "to-users", body: 2 },
    { event: "to-all", body: { three: 3 } },
  ];
  for (const relay of relays)
    expect((await call("POST", "/v1/relay", relay)).body).toEqual({ at: expect.any(String) });

  const known = (heard: readonly Notice[]) => heard.filter(({ event }) => event !== "knock");
  for (const { heard } of everybody) await eventually(() => expect(known(heard).length).toBeGreaterThan(1));
  // Two requests may reach different workers, and one of them may overtake the other.
  const inOneOrder = (notices: readonly Notice[]) => notices.toSorted((a, b) => (a.event < b.event ? 1 : -1));
  const toAll = { event: "to-all", body: { three: 3 } };
  for (const { heard } of anns)
    expect(inOneOrder(known(heard))).toEqual([{ event: "to-users", body: 2 }, toAll]);
  for (const { heard } of [joined, subscribed])
    expect(inOneOrder(known(heard))).toEqual([{ room: "den", event: "to-room", body: 1 }, toAll]);
}

test("a server reaches rooms, users and everyone on all workers, each once", async () => {
  const shoal = await spawnShoal({ workers: 2, env: { API_KEYS } });

  await expectRelays([shoal.url]);
});

describe("with two instances and one Redis", () => {
  let redis: RedisServer;
  let first: Shoal;
  let second: Shoal;

  beforeAll(async () => {
    redis = await startRedis();
    const mongodbUri = (await startMongo()).uriFor();
    const options = { workers: 2, mongodbUri, redisUrl: redis.url, env: { API_KEYS } };
    [first, second] = await Promise.all([spawnShoal(options), spawnShoal(options)]);
  });

  test("a server reaches rooms, users and everyone on both, each once", async () => {
    await expectRelays([first.url, second.url]);
  });

  test("nobody gets what is refused while Redis is away", async () => {
    const { heard } = await listen(first.url, "dan");
    await redis.kill();

    const call = apiOf(first.url, key.key);
    // Each worker notices by itself: so many at once are answered by both.
    await eventually(async () => {
      const asked = Array.from({ length: 8 }, () =>
        call("POST", "/v1/relay", { users: ["dan"], event: "away", body: 1 }),
      );
      for (const { status, body } of await Promise.all(asked))
        expect([status, body.error?.code, body.error?.temporary]).toEqual([503, "temporary", true]);
    });
    heard.length = 0;
    const { status } = await call("POST", "/v1/relay", { event: "away", body: 2 });
    await redis.restart();
    await eventually(async () => {
      expect((await call("POST", "/v1/relay", { users: ["dan"], event: "back", body: 3 })).status).toBe(200);
    });

    expect(status).toBe(503);
    await eventually(() => expect(heard.map(({ event }) => event)).toContain("back"));
    expect(heard.filter(({ event }) => event === "away")).toEqual([]);
  });
});

describe("a file of keys", () => {
  const next = makeKey("all");

  async function start(workers: number) {
    const file = join(await tempDir("keys"), "keys.json");
    await writeFile(file, API_KEYS);
    const shoal = await spawnShoal({ workers, env: { API_KEYS_FILE: file } });
    /** What each of many requests is answered, whichever worker it comes to. */
    const statusesOf = async (secret: string) => {
      const asked = Array.from({ length: 8 }, () => apiOf(shoal.url, secret)("GET", "/connections"));
      return [...new Set((await Promise.all(asked)).map(({ status }) => status))];
    };
    return { file, shoal, statusesOf };
  }

  test.each([1, 2])("is rotated without a restart, on all of %i workers", async (workers) => {
    const { file, shoal, statusesOf } = await start(workers);
    const pids = shoal.workerPids();
    const sha256 = [hashOf(key.secret), hashOf(next.secret)];

    await writeFile(file, JSON.stringify([{ ...key.entry, sha256 }]));
    await eventually(async () => expect(await statusesOf(next.key)).toEqual([200]));
    expect(await statusesOf(key.key)).toEqual([200]);

    await writeFile(file, JSON.stringify([{ ...key.entry, sha256: sha256.slice(1) }]));
    await eventually(async () => expect(await statusesOf(key.key)).toEqual([401]));
    expect(await statusesOf(next.key)).toEqual([200]);
    expect(shoal.workerPids()).toEqual(pids);
  });

  test("that is emptied takes all keys away and opens nothing, on the private port neither", async () => {
    const { file, shoal, statusesOf } = await start(2);

    await writeFile(file, "[]");

    await eventually(async () => expect(await statusesOf(key.key)).toEqual([401]));
    for (const path of ["/connections", "/instance", "/instances"])
      expect(await call(shoal.adminUrl + path)).toMatchObject({ status: 401 });
  });

  test("that is wrong changes nothing, and one line of the log says so", async () => {
    const { file, shoal, statusesOf } = await start(2);
    const isWrong = logged("a file of secrets or keys is wrong; what it held before counts on");

    await writeFile(file, JSON.stringify([{ ...key.entry, sha256: [next.secret] }]));
    await shoal.waitForLog(isWrong);
    process.kill(shoal.pid, "SIGHUP");
    await shoal.waitForLog(logged("all workers replaced"), { withinMs: 30_000 });

    expect(await statusesOf(key.key)).toEqual([200]);
    expect(await statusesOf(next.key)).toEqual([401]);
    expect(shoal.logs.filter(isWrong)).toHaveLength(1);
    expect(shoal.logs.map(({ text }) => text).join("\n")).not.toContain(next.secret);
  });
});
