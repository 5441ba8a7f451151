import { apiOf, makeKey } from "../support/api-keys.js";
import { type Client, connectClient, emitAck } from "../support/connect-client.js";
import { startMongo } from "../support/mongo.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { eventually, once } from "../support/wait.js";

const key = makeKey("all");
const desk = makeKey("desk", { "*": ["users"] });
const API_KEYS = JSON.stringify([key.entry, desk.entry]);

let redis: RedisServer;
let shoals: [Shoal, Shoal];
let call: ReturnType<typeof apiOf>;

beforeAll(async () => {
  redis = await startRedis();
  const mongodbUri = (await startMongo()).uriFor();
  const options = { workers: 2, mongodbUri, redisUrl: redis.url, env: { API_KEYS } };
  shoals = await Promise.all([spawnShoal(options), spawnShoal(options)]);
  call = apiOf(shoals[0].url, key.key);
});

/** Connections of this user on both workers of both instances. */
async function connectEverywhere(user: string, options = {}): Promise<Client[]> {
  const all: Client[] = [];
  for (const { url } of shoals) {
    const here = [];
    while (new Set(here.map(({ session }: Client) => session.worker)).size < 2)
      here.push(await connectClient(url, { auth: { user }, ...options }));
    all.push(...here);
  }
  return all;
}

const sessionsOf = (clients: readonly Client[]) => clients.map(({ session }) => session.id).sort();

/** Once every worker knows of every other one. */
const find = (user: string) =>
  eventually(async () => {
    const { status, body } = await call("GET", `/v1/users/${user}`);
    expect(status).toBe(200);
    return body;
  });

test("a user is found on whatever workers and instances", async () => {
  const clients = await connectEverywhere("ann");

  const { connections, count } = await find("ann");

  expect(connections.map(({ session }: { session: string }) => session).sort()).toEqual(sessionsOf(clients));
  expect(count).toBe(clients.length);
  const { session } = clients[0] as Client;
  expect(connections).toContainEqual({
    ...{ session: session.id, instance: session.instance, worker: session.worker },
    ...{ transport: "websocket", since: expect.stringMatching(/^\d{4}-.*Z$/), rooms: [], roomCount: 0 },
  });
});

test("it is told which rooms a connection is in, each once", async () => {
  const { socket } = await connectClient(shoals[0].url, { auth: { user: "kim" } });
  await emitAck(socket, "join", { room: "den" });
  await emitAck(socket, "subscribe", { room: "den" });
  for (let n = 1; n <= 60; n += 1) await emitAck(socket, "join", { room: `den:${n}` });

  const [connection] = (await find("kim")).connections;

  expect(connection.roomCount).toBe(61);
  expect(connection.rooms).toHaveLength(50);
  expect(connection.rooms).toContain("den");
  expect(new Set(connection.rooms).size).toBe(50);
});

test("who is not there has no connection", async () => {
  expect(await find("nobody")).toEqual({ user: "nobody", connections: [], count: 0 });
});

test("a user who is thrown out is told, and stays away with a stock client, and nobody else is", async () => {
  const clients = await connectEverywhere("bob", { reconnection: true });
  const other = await connectClient(shoals[0].url, { auth: { user: "bobby" } });
  const reasons = Promise.all(clients.map(({ socket }) => once(socket, "disconnect")));
  const closings = Promise.all(clients.map(({ socket }) => once(socket, "closing")));

  const { body } = await call("POST", "/v1/users/bob/disconnect", { reconnect: false });

  expect(body).toEqual({ connections: clients.length });
  expect((await reasons).map(([reason]) => reason)).toEqual(clients.map(() => "io server disconnect"));
  expect(await closings).toEqual(clients.map(() => [{ code: "removed" }]));
  expect((await find("bob")).count).toBe(0);
  expect(clients.map(({ socket }) => socket.active)).toEqual(clients.map(() => false));
  expect(other.socket.connected).toBe(true);
});

test("a user may be made to connect again", async () => {
  const clients = await connectEverywhere("cid", { reconnection: true });
  const before = sessionsOf(clients);
  const closings = Promise.all(clients.map(({ socket }) => once(socket, "closing")));

  const { body } = await call("POST", "/v1/users/cid/disconnect", { reconnect: true });

  expect(body).toEqual({ connections: clients.length });
  expect(await closings).toEqual(clients.map(() => [{ code: "disconnected" }]));
  await eventually(() => {
    expect(clients.map(({ socket }) => socket.connected)).toEqual(clients.map(() => true));
    expect(sessionsOf(clients).filter((id) => before.includes(id))).toEqual([]);
  });
});

test("a user is put into rooms and taken out of them, and is told", async () => {
  const clients = await connectEverywhere("dan");
  const heard = clients.map(({ socket }) => {
    const events: unknown[] = [];
    socket.on("notice", ({ event }) => events.push(event));
    return events;
  });
  for (const { socket } of clients) await emitAck(socket, "subscribe", { room: "old" });
  const closed = Promise.all(clients.map(({ socket }) => once(socket, "room_closed")));

  const { body } = await call("POST", "/v1/users/dan/rooms", { join: ["den"], leave: ["old"] });

  expect(body).toEqual({ connections: clients.length, full: 0 });
  expect(await closed).toEqual(clients.map(() => [{ room: "old", operation: "subscribe", code: "removed" }]));
  // A subscription elsewhere takes a moment to be known here.
  await eventually(async () => {
    await call("POST", "/v1/relay", { room: "den", event: "in", body: 1 });
    for (const events of heard) expect(events).toContain("in");
  });
  await call("POST", "/v1/relay", { room: "old", event: "out", body: 1 });
  await call("POST", "/v1/relay", { users: ["dan"], event: "last", body: 1 });
  for (const events of heard) await eventually(() => expect(events.at(-1)).toBe("last"));
  expect(heard.flat()).not.toContain("out");
});

test("moving a user needs the right to manage each of the rooms", async () => {
  const { status } = await apiOf(shoals[0].url, desk.key)("POST", "/v1/users/dan/rooms", { join: ["den"] });

  expect(status).toBe(403);
});

test("while Redis is away users are found, moved and thrown out all the same, by MongoDB", async () => {
  const clients = await connectEverywhere("eve");
  await redis.kill();
  const closed = Promise.all(clients.map(({ socket }) => once(socket, "room_closed", 30_000)));
  for (const { socket } of clients) await emitAck(socket, "join", { room: "den" });

  const { count } = await find("eve");
  const moved = await call("POST", "/v1/users/eve/rooms", { leave: ["den"] });
  await closed;
  const reasons = Promise.all(clients.map(({ socket }) => once(socket, "disconnect", 30_000)));
  const ended = await call("POST", "/v1/users/eve/disconnect", { reconnect: false });

  expect(count).toBe(clients.length);
  expect(moved.body).toEqual({ connections: clients.length, full: 0 });
  expect(ended.body).toEqual({ connections: clients.length });
  expect((await reasons).map(([reason]) => reason)).toEqual(clients.map(() => "io server disconnect"));
  expect((await find("eve")).count).toBe(0);
});

test("while a worker is not heard at all the answer is no false one", async () => {
  const [pid = 0] = shoals[1].workerPids();
  process.kill(pid, "SIGSTOP");
  try {
    const { status, body } = await call("POST", "/v1/users/eve/disconnect", { reconnect: false });
    expect([status, body.error?.code]).toEqual([503, "temporary"]);
  } finally {
    process.kill(pid, "SIGCONT");
  }
});
