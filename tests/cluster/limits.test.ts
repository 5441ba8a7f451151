import { type IncomingMessage, request } from "node:http";
import { createRoomClient, type Message } from "../../client/room-client.js";
import { connectClient, emitAck } from "../support/connect-client.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { eventually, once } from "../support/wait.js";
import { openPollingSession } from "./support/polling-session.js";

let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

const start = (env: Record<string, string>): Promise<Shoal> =>
  spawnShoal({ workers: 2, mongodbUri: mongo.uriFor(), env });

const NUMBERS = Array.from({ length: 150 }, (_, n) => n);

/** Statuses of handshakes at once, each over a connection of its own, so that both workers get some. */
function handshakes(url: string, count: number): Promise<number[]> {
  const handshake = async () => {
    const response = await fetch(`${url}/socket.io/?EIO=4&transport=polling`, {
      headers: { Connection: "close" },
    });
    return response.status;
  };
  return Promise.all(Array.from({ length: count }, handshake));
}

test("each worker counts the handshakes of an address for itself", async () => {
  const shoal = await start({ RATE_IP_HANDSHAKES: "1,3" });
  const first = await handshakes(shoal.url, 3);
  const statuses = await handshakes(shoal.url, 80);

  expect(first).toEqual([200, 200, 200]);
  expect(new Set(statuses)).toEqual(new Set([200, 429]));
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(3);
});

test("preflights for a session count for the address that sends them, whichever worker has the session", async () => {
  const env = { RATE_IP_REQUESTS: "1,1", CORS_ORIGIN: "https://app.example.com" };
  const shoal = await spawnShoal({ workers: 2, mongodbUri: mongo.uriFor(), env });
  const { path } = await openPollingSession(shoal.url);
  const { hostname, port } = new URL(shoal.url);
  const headers = { Origin: "https://app.example.com", "Access-Control-Request-Method": "POST" };

  for (let last = 2; last < 12; last += 1) {
    const localAddress = `127.0.0.${last}`;
    const asked = request({
      hostname,
      port,
      path,
      method: "OPTIONS",
      headers,
      localAddress,
      agent: false,
    }).end();
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    expect([localAddress, answer.resume().statusCode]).toEqual([localAddress, 204]);
  }
});

test("while somebody floods and is closed for it, another user's messages are all stored once and in order", async () => {
  const shoal = await start({ RATE_USER_EVENTS: "100,20" });
  const flooder = await connectClient(shoal.url, { auth: { user: "flooder" }, reconnection: true });
  let closed = 0;
  flooder.socket.on("disconnect", () => {
    closed += 1;
  });
  let isOver = false;
  const flood = (async () => {
    while (!isOver) {
      for (let n = 0; n < 200; n += 1) flooder.socket.volatile.emit("join", { room: `r-${n}` });
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  const ann = await connectClient(shoal.url, { auth: { user: "ann" } });
  const ben = await connectClient(shoal.url, { auth: { user: "ben" } });
  const seen: Message[] = [];
  createRoomClient(ben.socket).room("kitchen", { start: { after: 0 }, onMessage: (one) => seen.push(one) });
  const room = createRoomClient(ann.socket).room("kitchen");

  await Promise.all(NUMBERS.map((n) => room.publish(n)));
  await eventually(() => expect(seen).toHaveLength(NUMBERS.length));
  await eventually(() => expect(closed).toBeGreaterThan(0));
  isOver = true;
  await flood;

  expect(seen.map(({ body }) => body)).toEqual(NUMBERS);
  expect(ann.socket.connected).toBe(true);
});

test("a user who is closed for his refusals is let in again and served at his rate", async () => {
  const shoal = await start({ RATE_USER_EVENTS: "20,5" });
  const { socket } = await connectClient(shoal.url, { auth: { user: "ann" }, reconnection: true });
  const left = once(socket, "disconnect");
  for (let n = 0; n < 200; n += 1) socket.emit("join", { room: `r-${n}` });
  await left;

  await eventually(() => expect(socket.connected).toBe(true));
  await eventually(async () =>
    expect(await emitAck(socket, "join", { room: "kitchen" })).toMatchObject({ ok: true }),
  );
});
