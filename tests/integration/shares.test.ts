import { connectClient, emitAck } from "../support/connect-client.js";
import {
  type EngineClient,
  openEngineClient,
  openPollingSession,
  poll,
  postPackets,
} from "../support/engine-client.js";
import { startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { eventually } from "../support/wait.js";

let worker: RunningWorker;

beforeAll(async () => {
  const mongo = await startMongo();
  worker = await startWorker({ mongodbUri: mongo.uriFor(), env: { LOG_LEVEL: "info" } });
});

/** A client that has joined and sends what it likes. */
async function joined(): Promise<EngineClient> {
  const client = await openEngineClient(worker.url);
  client.send("40");
  await eventually(() => expect(client.packets.some((packet) => packet.startsWith("42"))).toBe(true));
  return client;
}

/** Acknowledgements of Socket.IO, by their number. */
const acknowledged = (packets: readonly string[]) =>
  packets.flatMap((packet) => /^43(\d+)/.exec(packet)?.slice(1).map(Number) ?? []);

const COUNT = 3000;
const FLOODS: readonly [string, (index: number) => string][] = [
  ["unknown events", (index) => `42${index}["nope",{}]`],
  ["invalid payloads", (index) => `42${index}["join",{"rooom":1}]`],
  ["joins", (index) => `42${index}["join",{"room":"r${index % 10}"}]`],
];

test.each(FLOODS)("%s are all answered, in order, and none has a line in the log", async (_what, packet) => {
  const client = await joined();
  const lines = worker.logs.length;
  const numbers = Array.from({ length: COUNT }, (_, index) => index);

  client.send(...numbers.map(packet));

  await eventually(() => expect(acknowledged(client.packets)).toHaveLength(COUNT), { withinMs: 20_000 });
  expect(acknowledged(client.packets)).toEqual(numbers);
  expect(worker.logs.length).toBe(lines);
});

test("a client is served while others send more than they may, over WebSocket and polling", async () => {
  const { socket } = await connectClient(worker.url);
  const flood = await joined();
  flood.send(...Array.from({ length: 20_000 }, (_, index) => `42${index}["nope",{}]`));
  const sid = await openPollingSession(worker.url);
  await postPackets(worker.url, sid, ["40"]);
  void postPackets(
    worker.url,
    sid,
    Array.from({ length: 3000 }, () => '42["nope"]'),
  ).catch(() => {});

  for (let count = 0; count < 10; count += 1) {
    await expect(emitAck(socket, "join", { room: "kitchen" })).resolves.toMatchObject({ ok: true });
  }
  expect(acknowledged(flood.packets).length).toBeLessThan(20_000);
  await eventually(() => expect(acknowledged(flood.packets)).toHaveLength(20_000), { withinMs: 30_000 });
});

test.each([
  ["pongs", ({ webSocket }: EngineClient) => webSocket.pong()],
  ["pings", ({ webSocket }: EngineClient) => webSocket.ping()],
  ["packets that mean nothing", ({ send }: EngineClient) => send("6")],
])("%s that come all at once are read between what others send", async (_what, send) => {
  const [flood, other] = [await joined(), await joined()];
  const heard: string[] = [];
  for (const [name, { webSocket }] of [
    ["flood", flood],
    ["other", other],
  ] as const)
    webSocket.on("message", (data) => /^431/.test(String(data)) && heard.push(name));

  // Less than what is read of a connection at once, and all of it there before the other one says something.
  for (let count = 0; count < 5000; count += 1) send(flood);
  flood.send('421["leave",{"room":"none"}]');
  other.send('421["leave",{"room":"none"}]');

  await eventually(() => expect(heard).toHaveLength(2), { withinMs: 20_000 });
  expect(heard).toEqual(["other", "flood"]);
});

test("packets of a client that polls wait for those before them, and all are answered", async () => {
  const sid = await openPollingSession(worker.url);
  await postPackets(worker.url, sid, ["40"]);
  const numbers = Array.from({ length: 1000 }, (_, index) => index);
  let text = "";
  const polling = (async () => {
    while (acknowledged(text.split("\u001e")).length < numbers.length)
      text += `${(await poll(worker.url, sid)).text}\u001e`;
  })();

  for (let start = 0; start < numbers.length; start += 250) {
    const packets = numbers.slice(start, start + 250).map((index) => `42${index}["join",{"room":"x"}]`);
    expect((await postPackets(worker.url, sid, packets)).status).toBe(200);
  }
  await polling;

  expect(acknowledged(text.split("\u001e"))).toEqual(numbers);
});

test("a client that polls has one request with packets wait, and is cut off with a second one", async () => {
  const sid = await openPollingSession(worker.url);
  await postPackets(worker.url, sid, ["40"]);
  await poll(worker.url, sid);
  const relay = '42["message",{"body":1}]';
  await postPackets(worker.url, sid, Array(4000).fill(relay)); // 16 at a time, each for 10 ms: 2.5 s
  const more = await Promise.all([1, 2].map(() => postPackets(worker.url, sid, [relay])));
  expect(more.map(({ status }) => status)).not.toContain(200);
  expect((await poll(worker.url, sid)).status).toBe(404);
});

test("one connection relays no more than its receivers can take, in order", async () => {
  const { socket } = await connectClient(worker.url, { transports: ["polling"] });
  const heard: number[] = [];
  socket.on("message", ({ body }: { body: number }) => void heard.push(body));
  const sender = await joined();
  const numbers = Array.from({ length: 320 }, (_, index) => index);
  const start = performance.now();

  sender.send(...numbers.map((index) => `42["message",{"body":${index}}]`));

  await eventually(() => expect(heard).toHaveLength(numbers.length), { withinMs: 20_000 });
  expect(heard).toEqual(numbers);
  // 16 at a time, each for 10 ms; a timer may be a little early.
  expect(performance.now() - start).toBeGreaterThan(150);
});
