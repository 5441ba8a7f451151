import { apiOf, makeKey } from "../support/api-keys.js";
import { startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";

const all = makeKey("all");
const cron = makeKey("cron", { "news:*": ["publish"] });
const USERS_TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl";
const ITEM = { room: "news:a", id: "m-1", from: "cron", body: "hello" };

let worker: RunningWorker;
let bare: RunningWorker;

beforeAll(async () => {
  const mongodbUri = (await startMongo()).uriFor();
  const API_KEYS = JSON.stringify([all.entry, cron.entry]);
  [worker, bare] = await Promise.all([
    startWorker({ mongodbUri, env: { API_KEYS } }),
    startWorker({ mongodbUri }),
  ]);
});

test.each([
  ["without a key", undefined],
  ["with a user's token", USERS_TOKEN],
  ["with a name that is not known", `nobody.${all.secret}`],
  ["with another secret", `all.${cron.secret}`],
  ["with the secret alone", all.secret],
  ["with the name alone", "all"],
  ["with the hash for the secret", `all.${all.entry.sha256[0]}`],
  ["with a key that has two dots", `${all.key}.x`],
  ["with a key that has two dots at the front", `x.${all.key}`],
  ["with a key that ends with a dot", `${all.key}.`],
])("a request %s is refused, and nothing is done", async (_what, key) => {
  const { status, headers, body } = await apiOf(worker.url, key)("POST", "/v1/publish", {
    items: [{ ...ITEM, id: "refused" }],
  });

  expect([status, body.error.code, body.error.temporary]).toEqual([401, "unauthenticated", false]);
  expect(headers.get("www-authenticate")).toBe("Bearer");
  expect(headers.get("cache-control")).toBe("no-store");
  const read = await fetch(`${worker.url}/rooms/news:a/messages`, { headers: { "X-User-Id": "ann" } });
  expect(await read.text()).not.toContain("refused");
});

test("a key in the address, or of another scheme, is none", async () => {
  const answers = await Promise.all([
    fetch(`${worker.url}/v1/publish?access_token=${all.key}`, { method: "POST" }),
    fetch(`${worker.url}/v1/publish`, { method: "POST", headers: { Authorization: `Basic ${all.key}` } }),
    fetch(`${worker.url}/v1/publish`, { method: "POST", headers: { "X-User-Id": "ann" } }),
  ]);

  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
});

test("without a configured key nobody has one", async () => {
  const { status } = await apiOf(bare.url, all.key)("POST", "/v1/publish", { items: [ITEM] });

  expect(status).toBe(401);
});

test("a key may do what its capabilities say, and nothing else", async () => {
  const call = apiOf(worker.url, cron.key);

  const publish = await call("POST", "/v1/publish", { items: [ITEM, { ...ITEM, room: "chat" }] });
  const relays = [{ room: "news:a" }, { users: ["ann"] }, {}];
  const relayed = await Promise.all(
    relays.map((to) => call("POST", "/v1/relay", { ...to, event: "x", body: 1 })),
  );

  expect(publish.body.results).toEqual([
    { ok: true, room: "news:a", id: "m-1", seq: expect.any(Number) },
    { ok: false, room: "chat", id: "m-1", error: expect.objectContaining({ code: "forbidden" }) },
  ]);
  expect(relayed.map(({ status, body }) => [status, body.error?.code])).toEqual(
    relays.map(() => [403, "forbidden"]),
  );
});

describe("a holder of a key", () => {
  test("finds out which one it is and what it may do besides rooms", async () => {
    const whole = await apiOf(worker.url, all.key)("GET", "/v1/key");
    const small = await apiOf(worker.url, cron.key)("GET", "/v1/key");

    expect(whole.body).toEqual({
      key: "all",
      operations: ["broadcast", "users", "rooms", "revoke", "operate"],
    });
    expect(small.body).toEqual({ key: "cron", operations: [] });
    expect((await apiOf(worker.url, `all.${cron.secret}`)("GET", "/v1/key")).status).toBe(401);
  });

  test("finds out what it may do in a room, whether there is one of that name or not", async () => {
    const inRoom = async (key: string, room: string) =>
      (await apiOf(worker.url, key)("GET", `/v1/key?room=${room}`)).body.inRoom;

    expect(await inRoom(cron.key, "news:none")).toEqual(["publish"]);
    expect(await inRoom(cron.key, "chat")).toEqual([]);
    expect(await inRoom(all.key, "chat")).toEqual(expect.arrayContaining(["page", "presence", "manage"]));
    expect((await apiOf(worker.url, cron.key)("GET", "/v1/key?room=")).status).toBe(400);
  });

  test("gets the server API on the private port, too, within the same rights", async () => {
    const { status, headers } = await apiOf(worker.adminUrl, all.key)("GET", "/v1/rooms?limit=1");
    expect([status, headers.get("access-control-allow-origin")]).toEqual([200, null]);
    expect((await apiOf(worker.adminUrl, cron.key)("GET", "/v1/rooms")).status).toBe(403);
    expect((await apiOf(worker.adminUrl)("GET", "/v1/rooms")).status).toBe(401);
    expect((await apiOf(bare.adminUrl, all.key)("GET", "/v1/rooms")).status).toBe(401);
  });
});

describe("the routes of operators", () => {
  const statusAt = async (url: string, key?: string) => (await apiOf(url, key)("GET", "/connections")).status;

  test("answer on both ports to a key that may operate, and to no other once there are keys", async () => {
    for (const url of [worker.url, worker.adminUrl]) {
      expect(await statusAt(url, all.key)).toBe(200);
      expect(await statusAt(url, cron.key)).toBe(403);
      expect(await statusAt(url, USERS_TOKEN)).toBe(401);
      expect(await statusAt(url)).toBe(401);
    }
  });

  test("without keys they answer on the private port alone, to whoever reaches it", async () => {
    expect(await statusAt(bare.adminUrl)).toBe(200);
    expect(await statusAt(bare.url)).toBe(404);
    expect(await statusAt(bare.url, all.key)).toBe(404);
  });
});

test("a key is no user: the routes of users do not take it", async () => {
  const { status, body } = await apiOf(worker.url, all.key)("GET", "/rooms/news:a/messages");

  expect([status, body.error.code]).toEqual([400, "invalid"]);
});

test("no secret of a key comes into the log", () => {
  const text = worker.logs.map((line) => line.text).join("\n");

  expect(
    [all, cron].filter(({ secret, entry }) => text.includes(secret) || text.includes(String(entry.sha256))),
  ).toEqual([]);
});
