import { randomBytes } from "node:crypto";
import { banProgram } from "../support/changed-program.js";
import { onTestEnd } from "../support/cleanup.js";
import { type Client, connectClient, emitAck } from "../support/connect-client.js";
import { startMongo } from "../support/mongo.js";
import { startRedis } from "../support/redis-server.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { eventually } from "../support/wait.js";

/** From the acknowledgement of the withdrawal on, as docs/access.md has it. */
const ENDS_WITHIN_MS = 3000;
const PUBLISHERS = 4;

let main: string;

beforeAll(async () => {
  main = await banProgram();
});

/** A client that is told of everything in the room. */
interface Member extends Client {
  /** What came, in order, by name. */
  readonly heard: string[];
}

async function enter(url: string, user: string, room: string, transport: string): Promise<Member> {
  const client = await connectClient(url, { auth: { user }, transports: [transport], ownConnections: true });
  const member: Member = Object.assign(client, { heard: [] });
  client.socket.onAny((name: string) => void member.heard.push(name));
  for (const [name, payload] of [
    ["subscribe", { room, limit: 0 }],
    ["presence", { room, watch: true }],
    ["join", { room }],
  ] as const) {
    await expect(emitAck(client.socket, name, payload, 20_000)).resolves.toMatchObject({ ok: true });
  }
  return member;
}

/** About 1,000 stored messages a second from users on all instances, and 100 relayed ones. */
async function flow(urls: readonly string[], room: string): Promise<void> {
  const clients = await Promise.all(
    Array.from({ length: PUBLISHERS }, (_, index) => connectClient(urls[index % urls.length] ?? "")),
  );
  for (const { socket } of clients) await emitAck(socket, "join", { room });
  let count = 0;
  const timer = setInterval(() => {
    const { socket } = clients[count % PUBLISHERS] as Client;
    const messages = Array.from({ length: 10 }, (_, index) => ({ id: `${count}-${index}`, body: count }));
    count += 1;
    socket.emit("publish", { room, messages }, () => {});
    socket.emit("message", { room, body: count }, () => {});
  }, 10);
  onTestEnd(() => clearInterval(timer));
}

const SHOWN = ["messages", "message", "presence"];

/** Bans ann from the room on the first instance, and sees what she still gets, everywhere, and that bob gets all. */
async function withdraw(shoals: readonly Shoal[], places: readonly string[], before: () => Promise<void>) {
  const room = `room-${randomBytes(4).toString("hex")}`;
  const enterAll = (user: string) =>
    Promise.all(
      places.flatMap((url) => ["websocket", "polling"].map((transport) => enter(url, user, room, transport))),
    );
  const [ofAnn, ofBob] = await Promise.all([enterAll("ann"), enterAll("bob")]);
  await flow(places, room);
  for (const { heard } of [...ofAnn, ...ofBob])
    await eventually(() => expect(heard).toEqual(expect.arrayContaining(["messages", "message"])), {
      withinMs: 20_000,
    });
  await before();

  const response = await fetch(`${shoals[0]?.adminUrl}/bans/${room}/ann`, { method: "PUT" });
  expect(response.status).toBe(200);
  for (const { heard } of ofAnn) {
    const closed = () => heard.filter((name) => name === "room_closed");
    await eventually(() => expect(closed()).toHaveLength(3), { withinMs: ENDS_WITHIN_MS });
  }

  for (const { heard } of ofBob) heard.length = 0;
  await enter(places[0] ?? "", "carl", room, "websocket");
  for (const { heard } of ofBob)
    await eventually(() => expect(new Set(heard)).toEqual(new Set(SHOWN)), { withinMs: 30_000 });
  // Whatever was sent to ann before has come by then.
  for (const { socket } of ofAnn) await emitAck(socket, "leave", { room: "none" }, 20_000);
  for (const { heard } of ofAnn) expect(heard.slice(heard.lastIndexOf("room_closed") + 1)).toEqual([]);
}

const nothing = async () => {};

test("a right that ends while 1,000 messages a second flow ends on both workers of an instance", async () => {
  const shoal = await spawnShoal({ main, workers: 2, mongodbUri: (await startMongo()).uriFor() });

  await withdraw([shoal], [shoal.url, shoal.url], nothing);
}, 120_000);

test.each(["up", "killed"])(
  "it ends on both of two instances, with Redis %s",
  async (state) => {
    const [mongo, redis] = await Promise.all([startMongo(), startRedis()]);
    const options = { main, mongodbUri: mongo.uriFor(), redisUrl: redis.url };
    const shoals = await Promise.all([spawnShoal(options), spawnShoal(options)]);
    const urls = shoals.map(({ url }) => url);

    await withdraw(shoals, urls, state === "up" ? nothing : redis.kill);
  },
  120_000,
);
