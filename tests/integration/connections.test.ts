import mongoose from "mongoose";
import { apiOf, makeKey } from "../support/api-keys.js";
import { onTestEnd } from "../support/cleanup.js";
import { connectClient } from "../support/connect-client.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { secretKey, signToken } from "../support/tokens.js";
import { eventually } from "../support/wait.js";

const SETTLES_WITHIN_MS = 15_000;
let mongo: MongoServer;
let worker: RunningWorker;

beforeAll(async () => {
  mongo = await startMongo();
  worker = await startWorker({ mongodbUri: mongo.uriFor() });
});

type Event = Record<string, unknown>;

async function audit(url: string, query = ""): Promise<Event[]> {
  const response = await fetch(`${url}/connections${query}`);
  expect(response.status).toBe(200);
  return ((await response.json()) as { events: Event[] }).events;
}

/** All that the audit has about one session, oldest first, once there are `count` events. */
const eventsOf = (url: string, session: string, count: number) =>
  eventually(
    async () => {
      const events = (await audit(url, "?limit=500")).filter((event) => event.session === session);
      expect(events).toHaveLength(count);
      return events.reverse();
    },
    { withinMs: SETTLES_WITHIN_MS },
  );

test("every connect and disconnect is recorded, with the reason and without the address", async () => {
  const { socket, session } = await connectClient(worker.url);
  socket.disconnect();

  const what = {
    session: session.id,
    user: session.id,
    instance: worker.config.instance,
    worker: 1,
    transport: "websocket",
    id: expect.stringMatching(/^[0-9a-f]{24}$/),
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
  };
  await expect(eventsOf(worker.adminUrl, session.id, 2)).resolves.toEqual([
    { type: "connect", ...what },
    { type: "disconnect", reason: "client namespace disconnect", ...what },
  ]);
});

test("a connection that breaks is recorded with that reason", async () => {
  const { socket, session } = await connectClient(worker.url, { transports: ["polling"] });
  socket.io.engine.close();

  const [, end] = await eventsOf(worker.adminUrl, session.id, 2);
  expect(end).toMatchObject({ reason: "transport close", transport: "polling" });
});

test("the newest events come first, and as many as are asked for", async () => {
  const first = await connectClient(worker.url);
  await eventsOf(worker.adminUrl, first.session.id, 1);
  const second = await connectClient(worker.url);
  await eventsOf(worker.adminUrl, second.session.id, 1);

  const events = await audit(worker.adminUrl, "?limit=2");

  expect(events.map(({ session }) => session)).toEqual([second.session.id, first.session.id]);
  await expect(audit(worker.adminUrl, "?limit=1")).resolves.toHaveLength(1);
});

test("what happens while MongoDB is away is written when it is back", async () => {
  const own = await startMongo();
  const { url, adminUrl } = await startWorker({ mongodbUri: own.uriFor() });
  await own.kill();
  const { socket, session } = await connectClient(url);
  socket.disconnect();
  const { status, headers } = await fetch(`${adminUrl}/connections`);
  expect({ status, retryAfter: headers.get("Retry-After") }).toEqual({ status: 503, retryAfter: "1" });

  await own.restart();

  const events = await eventsOf(adminUrl, session.id, 2);
  expect(events.map(({ type }) => type)).toEqual(["connect", "disconnect"]);
});

test("requests that are under way when MongoDB goes all end soon, as answered or temporary", async () => {
  const own = await startMongo();
  const { adminUrl } = await startWorker({ mongodbUri: own.uriFor() });

  for (const end of [own.kill, own.stop]) {
    const requests = Array.from({ length: 40 }, () => fetch(`${adminUrl}/connections`));
    await requests[0]; // its connection is used again by what follows
    requests.push(...Array.from({ length: 20 }, () => fetch(`${adminUrl}/connections`)));
    await end();
    const statuses = (await Promise.all(requests)).map(({ status }) => status);
    expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
    await own.restart();
    await eventually(() => audit(adminUrl), { withinMs: SETTLES_WITHIN_MS });
  }
});

test("workers that start at the same time on an empty database share one audit", async () => {
  const mongodbUri = mongo.uriFor();
  const workers = await Promise.all([1, 2, 3, 4].map((slot) => startWorker({ mongodbUri, worker: slot })));
  const sessions = await Promise.all(workers.map(({ url }) => connectClient(url)));

  for (const { session } of sessions) await eventsOf(workers[0]?.adminUrl ?? "", session.id, 1);
});

test("a stop writes what is not written yet", async () => {
  const mongodbUri = mongo.uriFor();
  const stopping = await startWorker({ mongodbUri });
  const { session } = await connectClient(stopping.url);

  await stopping.stop();

  const { adminUrl } = await startWorker({ mongodbUri });
  const [, end] = await eventsOf(adminUrl, session.id, 2);
  expect(end).toMatchObject({ type: "disconnect", reason: "server shutting down" });
});

test("only operators may ask: the public port does not know the address, whatever the request says", async () => {
  expect((await fetch(`${worker.adminUrl}/connections`)).status).toBe(200);
  const posted = await fetch(`${worker.adminUrl}/connections`, { method: "POST" });
  expect([posted.status, posted.headers.get("Allow")]).toEqual([405, "GET, HEAD"]);

  for (const headers of [{}, { "X-User-Id": "operator" }, { Authorization: "Bearer operator" }]) {
    expect((await fetch(`${worker.url}/connections`, { headers })).status).toBe(404);
  }
});

describe("what keys and refusals leave behind", () => {
  const SECRET = "a secret of more than thirty-two bytes";
  const admin = makeKey("admin", { "*": ["revoke", "users", "operate", "publish", "manage"] });
  let guarded: RunningWorker;

  beforeAll(async () => {
    const env = { AUTH: "jwt", AUTH_SECRET: SECRET, API_KEYS: JSON.stringify([admin.entry]) };
    guarded = await startWorker({ mongodbUri: mongo.uriFor(), env });
  });

  const found = (query: string, count: number) =>
    eventually(
      async () => {
        const { body } = await apiOf(guarded.adminUrl, admin.key)("GET", `/connections?${query}`);
        expect(body.events).toHaveLength(count);
        return body.events as Event[];
      },
      { withinMs: SETTLES_WITHIN_MS },
    );

  test("a refused handshake is recorded with its code, and without its token", async () => {
    const token = await signToken(secretKey("another secret of thirty-two bytes."));
    await expect(connectClient(guarded.url, { auth: { token } })).rejects.toThrow();

    const [event] = await found("type=refuse", 1);

    expect(event).toMatchObject({
      code: "unauthenticated",
      transport: "websocket",
      session: expect.any(String),
    });
    expect(JSON.stringify(event)).not.toContain(token.split(".")[2]);
    expect(event).not.toHaveProperty("address");
  });

  test("who was revoked and removed is recorded with the key, and found by the user", async () => {
    const token = await signToken(secretKey(SECRET), { sub: "eve" });
    const { session } = await connectClient(guarded.url, { auth: { token } });
    const call = apiOf(guarded.url, admin.key);
    expect((await call("POST", "/v1/users/eve/disconnect", { reconnect: false })).status).toBe(200);
    expect((await call("POST", "/v1/revocations", { targets: ["user:eve", "token:t:1"] })).status).toBe(200);

    const events = await found("user=eve", 4);
    const [revoked] = await found("type=revoke&user=eve", 1);

    expect(new Set(events.map(({ type }) => type))).toEqual(
      new Set(["connect", "disconnect", "remove", "revoke"]),
    );
    expect(revoked).toMatchObject({ key: "admin", user: "eve" });
    await expect(found(`session=${session.id}`, 2)).resolves.toHaveLength(2);
    await expect(found("type=revoke", 2)).resolves.toContainEqual(
      expect.objectContaining({ key: "admin", token: "t:1" }),
    );
    expect(JSON.stringify(events)).not.toContain(admin.secret);
  });

  test("which key has moved a user and ended a room is recorded", async () => {
    const call = apiOf(guarded.adminUrl, admin.key);
    const items = [{ room: "closed:1", id: "m", from: "cron", body: "secret words" }];
    await call("POST", "/v1/publish", { items });
    expect((await call("POST", "/v1/users/ned/rooms", { join: ["den"] })).status).toBe(200);
    expect((await call("DELETE", "/v1/rooms/closed:1")).status).toBe(200);
    expect((await call("DELETE", "/v1/rooms/never:used")).status).toBe(404);

    expect(await found("type=move", 1)).toEqual([expect.objectContaining({ key: "admin", user: "ned" })]);
    const ended = await found("type=end", 1);
    expect(ended).toEqual([expect.objectContaining({ key: "admin", room: "closed:1" })]);
    expect(JSON.stringify(ended)).not.toContain("secret words");
  });

  test("events before a time are found, and no newer ones", async () => {
    const call = apiOf(guarded.adminUrl, admin.key);
    const { events } = (await call("GET", "/connections?limit=2")).body;

    const older = (await call("GET", `/connections?limit=500&before=${events.at(-1).at}`)).body.events;

    const before = older.map(({ at }: { at: string }) => at < events.at(-1).at);
    expect(before.length).toBeGreaterThan(2);
    expect(new Set(before)).toEqual(new Set([true]));
  });

  test("pages have each event once, also of several within a millisecond", async () => {
    const uri = mongo.uriFor();
    const crowded = await startWorker({ mongodbUri: uri });
    const at = new Date();
    const users = Array.from({ length: 7 }, (_, number) => `ann-${number}`);
    const connection = await mongoose.createConnection(uri).asPromise();
    onTestEnd(() => connection.close());
    await connection
      .collection("connectionEvents")
      .insertMany(users.map((user) => ({ type: "connect", at, user, instance: "here", worker: 1 })));

    const seen: unknown[] = [];
    let page = await audit(crowded.adminUrl, "?limit=3");
    while (page.length > 0) {
      seen.push(...page.map(({ user }) => user));
      page = await audit(crowded.adminUrl, `?limit=3&before=${page.at(-1)?.id}`);
    }

    expect(seen.sort()).toEqual(users);
  });

  test("a page cannot begin before what is neither an event nor a time", async () => {
    const call = apiOf(guarded.adminUrl, admin.key);

    for (const before of ["yesterday", "2026-13-01T00:00:00Z", "0123456789abcdef"]) {
      expect(await call("GET", `/connections?before=${before}`)).toMatchObject({
        status: 400,
        body: { error: { message: expect.stringContaining("before") } },
      });
    }
  });
});
