import { connectClient } from "../support/connect-client.js";
import { type Line, logged } from "../support/line-log.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.js";
import { eventually, once } from "../support/wait.js";
import { call, health } from "./support/http-call.js";
import { startLoad } from "./support/load.js";
import { openPollingSession } from "./support/polling-session.js";

// A worker is ready only with its stores: on a slow wire to MongoDB it boots slowly, while those that serve go on.

let mongo: MongoServer;
let wire: TcpProxy;
let shoal: Shoal;

beforeAll(async () => {
  mongo = await startMongo();
});

beforeEach(async () => {
  wire = await startTcpProxy({ target: mongo.target });
  shoal = await spawnShoal({ workers: 2, mongodbUri: mongo.uriVia(wire) });
});

/** Kills the worker in `slot`. Returns the line that says it. */
async function kill(slot: number): Promise<Line> {
  process.kill(shoal.workers().get(slot) ?? 0, "SIGKILL");
  return shoal.waitForLog(logged("worker ended", { worker: slot, kind: "killed" }));
}

test("a worker that boots slowly gets no request and no handshake while another is ready", async () => {
  const { socket, session } = await connectClient(shoal.url);
  if (session.worker === 1) socket.disconnect();
  wire.set({ delayMs: 150 });
  const killed = await kill(1);
  const slots: number[] = [];
  const loads = [
    startLoad(async () => {
      expect(await call(`${shoal.url}/hello`, { withinMs: 2000 })).toMatchObject({ status: 200 });
      expect(await call(`${shoal.url}/hello`, { json: '{"name":"Ada"}', withinMs: 2000 })).toMatchObject({
        status: 200,
      });
    }, 2),
    startLoad(async () => {
      const client = await connectClient(shoal.url, { withinMs: 2000 });
      slots.push(client.session.worker);
      client.socket.disconnect();
    }),
    startLoad(async () => void slots.push((await openPollingSession(shoal.url)).worker)),
  ];
  const ready = await shoal.waitForLog(logged("worker ready", { worker: 1 }), {
    after: killed,
    withinMs: 20_000,
  });
  const handshakes = slots.length;
  await Promise.all(loads.map((load) => load.stop()));

  expect(loads.flatMap(({ failures }) => failures)).toEqual([]);
  expect(handshakes).toBeGreaterThan(20);
  expect(new Set(slots.slice(0, handshakes))).toEqual(new Set([2]));
  const early = shoal.logs.filter(({ number }) => number > killed.number && number < ready.number);
  const served = early.filter(logged("request"));
  expect(served.length).toBeGreaterThan(20);
  expect(served.filter(({ fields }) => fields.worker !== 2)).toEqual([]);
  await eventually(async () => expect(await health(shoal.url)).toMatchObject({ worker: 1 }));
});

test("without any ready worker requests are refused at once, and answered again as soon as one is ready", async () => {
  wire.set({ delayMs: 150 });
  await Promise.all([kill(1), kill(2)]);
  expect(await call(`${shoal.url}/hello`, { withinMs: 2000 })).toMatchObject({ status: 503 });
  expect(await call(`${shoal.url}/hello`, { json: "{}", withinMs: 2000 })).toMatchObject({ status: 503 });
  wire.set("pass");
  await eventually(async () => expect(await call(`${shoal.url}/hello`)).toMatchObject({ status: 200 }), {
    withinMs: 15_000,
  });
});

test("a worker that dies while MongoDB is away is replaced when MongoDB is back, and the others serve on", async () => {
  const clients = await Promise.all([connectClient(shoal.url), connectClient(shoal.url)]);
  const [first, second] = clients.sort((one, other) => one.session.worker - other.session.worker);
  expect(clients.map(({ session }) => session.worker)).toEqual([1, 2]);
  let disconnects = 0;
  second?.socket.on("disconnect", () => disconnects++);
  const bereft = first && once(first.socket, "disconnect");

  wire.set("reset");
  await kill(1);
  await bereft;
  await shoal.waitForLog(logged("worker ended", { worker: 1, kind: "unavailable" }), { withinMs: 15_000 });
  expect(await call(`${shoal.url}/hello`)).toMatchObject({ status: 200 });
  expect(await health(shoal.url)).toMatchObject({ httpStatus: 503, status: "unavailable", worker: 2 });
  const guest = await connectClient(shoal.url);
  expect(guest.session.worker).toBe(2);

  wire.set("pass");
  const replaced = async () => expect(await health(shoal.url)).toMatchObject({ status: "ok", worker: 1 });
  await eventually(replaced, { withinMs: 20_000 });
  expect(disconnects).toBe(0);
  expect(shoal.logs.filter(({ fields }) => fields.level === "fatal")).toEqual([]);
});
