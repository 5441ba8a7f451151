import { type Client, connectClient, emitAck } from "../support/connect-client.js";
import { logged } from "../support/line-log.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { eventually } from "../support/wait.js";
import { complaints } from "./support/complaints.js";
import { call } from "./support/http-call.js";

/** A client that notes what it hears. */
interface Listener extends Client {
  readonly heard: { readonly from: string; readonly room?: string; readonly body: unknown }[];
}

async function listen(url: string): Promise<Listener> {
  const client = await connectClient(url);
  const heard: Listener["heard"] = [];
  client.socket.on("message", (message) => heard.push(message));
  return Object.assign(client, { heard });
}

/** One client on each worker of the instance, in order of workers. */
async function listenOnEach(url: string, workers: number): Promise<Listener[]> {
  const listeners = await Promise.all(Array.from({ length: workers }, () => listen(url)));
  listeners.sort((one, other) => one.session.worker - other.session.worker);
  expect(listeners.map(({ session }) => session.worker)).toEqual(listeners.map((_, index) => index + 1));
  return listeners;
}

async function say(speaker: Listener, message: { body: string; room?: string }): Promise<void> {
  await expect(emitAck(speaker.socket, "message", message)).resolves.toMatchObject({ ok: true });
}

/** Waits until everybody has heard the last of `bodies`, and expects that they have heard just these. */
async function expectHeard(listeners: readonly Listener[], bodies: readonly string[]): Promise<void> {
  for (const { heard } of listeners) {
    await eventually(() => expect(heard.at(-1)?.body).toBe(bodies.at(-1)));
    expect(heard.map(({ body }) => body)).toEqual(bodies);
  }
}

/** Brings clients together in a room: a subscription on another instance takes a moment to be known here. */
async function meet(speaker: Listener, members: readonly Listener[]): Promise<void> {
  for (const { socket } of [speaker, ...members]) await emitAck(socket, "join", { room: "den" });
  let knocks = 0;
  await eventually(async () => {
    await say(speaker, { room: "den", body: `knock ${++knocks}` });
    for (const { heard } of members) expect(heard).not.toEqual([]);
  });
  const last = `knock ${knocks}`;
  for (const { heard } of members) await eventually(() => expect(heard.at(-1)?.body).toBe(last));
}

async function expectExchange(speaker: Listener, members: Listener[], strangers: Listener[]): Promise<void> {
  for (const { heard } of [speaker, ...members, ...strangers]) heard.length = 0;
  await meet(speaker, members);
  for (const { heard } of members) heard.length = 0;

  await say(speaker, { body: "to all" });
  await say(speaker, { room: "den", body: "to the room" });
  await say(speaker, { body: "good night" });
  await expectHeard(members, ["to all", "to the room", "good night"]);
  await expectHeard(strangers, ["to all", "good night"]);
  expect(speaker.heard).toEqual([]);
  const from = new Set(
    [...members, ...strangers].flatMap(({ heard }) => heard.map((message) => message.from)),
  );
  expect(from).toEqual(new Set([speaker.session.id]));
}

test("without Redis a message reaches the clients of all workers, each once, and a room's only its members", async () => {
  const shoal = await spawnShoal({ workers: 3 });
  const [speaker, member] = await listenOnEach(shoal.url, 3);
  const [nearMember, farMember, stranger] = await listenOnEach(shoal.url, 3);
  if (!speaker || !member || !nearMember || !farMember || !stranger)
    throw new Error("three workers, two clients each");
  await expectExchange(speaker, [member, nearMember, farMember], [stranger]);
  expect(complaints(shoal.logs)).toEqual([]);
});

describe("two instances with one Redis and the embedded MongoDB of the first", () => {
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await startRedis();
  });

  async function spawnPair(mode: "pubsub" | "sharded"): Promise<[Shoal, Shoal]> {
    const env = { REDIS_ADAPTER: mode, REDIS_PREFIX: mode };
    const first = await spawnShoal({ workers: 2, redisUrl: redis.url, env });
    const { fields } = await first.waitForLog(logged("ready"));
    const mongodbUri = String(fields.mongodb);
    return [first, await spawnShoal({ workers: 2, redisUrl: redis.url, mongodbUri, env })];
  }

  test.each(["pubsub", "sharded"] as const)(
    "exchange messages by %s, each once, and share the data",
    async (mode) => {
      const [first, second] = await spawnPair(mode);
      expect(new URL(first.url).port).not.toBe(new URL(second.url).port);
      const [speaker, member, ...more] = await listenOnEach(first.url, 2);
      const [farMember, stranger] = await listenOnEach(second.url, 2);
      if (!speaker || !member || !farMember || !stranger || more.length > 0)
        throw new Error("two workers each");
      expect(farMember.session.instance).not.toBe(speaker.session.instance);
      await expectExchange(speaker, [member, farMember], [stranger]);
      await expectExchange(farMember, [speaker], []);

      await eventually(async () => {
        const { body } = await call(`${second.adminUrl}/connections`);
        const { events } = JSON.parse(body) as { events: { session: string; instance: string }[] };
        expect(events).toContainEqual(
          expect.objectContaining({ session: speaker.session.id, instance: first.instance }),
        );
      });
      expect(complaints([...first.logs, ...second.logs])).toEqual([]);
    },
  );

  test("with different prefixes hear nothing of each other", async () => {
    const spawn = (prefix: string) =>
      spawnShoal({ workers: 1, redisUrl: redis.url, env: { REDIS_PREFIX: prefix } });
    const [one, other] = await Promise.all([spawn("one"), spawn("other")]);
    const [speaker, friend, foreigner] = [
      await listen(one.url),
      await listen(one.url),
      await listen(other.url),
    ];
    const compatriot = await listen(other.url);
    await say(speaker, { body: "secret" });
    await expectHeard([friend], ["secret"]);
    await say(compatriot, { body: "marker" });
    await expectHeard([foreigner], ["marker"]);
  });
});
