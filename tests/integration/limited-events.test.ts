import { connectClient, emitAck } from "../support/connect-client.js";
import { openEngineClient, openPollingSession, postPackets } from "../support/engine-client.js";
import { parseMetrics } from "../support/metrics-text.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { openRaw } from "../support/raw-tcp.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { eventually, once } from "../support/wait.js";

let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

const start = (env: Record<string, string>) => startWorker({ mongodbUri: mongo.uriFor(), env });

const LIMITED = {
  ok: false,
  error: {
    code: "rate_limited",
    temporary: true,
    retryAfterMs: expect.any(Number),
    message: expect.any(String),
  },
};
const batch = (room: string, ids: readonly string[]) => ({
  room,
  messages: ids.map((id) => ({ id, body: id })),
});
const ids = (from: number, count: number) => Array.from({ length: count }, (_, n) => `m-${from + n}`);

async function stored({ url }: RunningWorker, room: string): Promise<string[]> {
  const response = await fetch(`${url}/rooms/${room}/messages`, { headers: { "X-User-Id": "reader" } });
  const { messages } = (await response.json()) as { messages: { id: string }[] };
  return messages.map(({ id }) => id);
}

async function refused(worker: RunningWorker, limit: string): Promise<number> {
  const [sample] = parseMetrics(await worker.metrics()).select("realtime_limited_total", { limit });
  return sample?.value ?? Number.NaN;
}

/** Uses up what a user may send in 50 s, where he may send one event a second. */
async function spend({ url }: RunningWorker, user: string): Promise<void> {
  const { socket } = await connectClient(url, { auth: { user } });
  await expect(emitAck(socket, "publish", batch("spent", ids(0, 50)))).resolves.toMatchObject({ ok: true });
}

test("events beyond the rate of their user are refused on all his connections, and nobody else's", async () => {
  const worker = await start({ RATE_USER_EVENTS: "1,1" });
  const ann = await connectClient(worker.url, { auth: { user: "ann" } });
  const ben = await connectClient(worker.url, { auth: { user: "ben" } });
  await spend(worker, "ann");

  await expect(emitAck(ann.socket, "join", { room: "kitchen" })).resolves.toEqual(LIMITED);
  await expect(emitAck(ann.socket, "no such event", {})).resolves.toEqual(LIMITED);
  await expect(emitAck(ann.socket, "join", { room: 7 })).resolves.toEqual(LIMITED);
  await expect(emitAck(ben.socket, "join", { room: "kitchen" })).resolves.toMatchObject({ ok: true });
  expect(await refused(worker, "events")).toBe(3);
});

test.each([
  ["unknown events", "no such event", {}],
  ["events of a wrong form", "join", { room: 7 }],
  ["events that need no right", "leave", { room: "kitchen" }],
])("%s count as well", async (_what, event, payload) => {
  const worker = await start({ RATE_USER_EVENTS: "1,5" });
  const { socket } = await connectClient(worker.url, { auth: { user: "ann" } });
  const answers = await Promise.all(
    ids(0, 20).map(() => emitAck<{ error?: { code: string } }>(socket, event, payload)),
  );

  expect(answers.map(({ error }) => error?.code)).toContain("rate_limited");
  expect(answers[0]?.error?.code).not.toBe("rate_limited");
});

test("connections without a name each count by themselves", async () => {
  const worker = await start({ RATE_USER_EVENTS: "1,1" });
  const [first, second] = [await connectClient(worker.url), await connectClient(worker.url)];
  await expect(emitAck(first.socket, "publish", batch("kitchen", ids(0, 50)))).resolves.toMatchObject({
    ok: true,
  });

  await expect(emitAck(first.socket, "join", { room: "b" })).resolves.toEqual(LIMITED);
  await expect(emitAck(second.socket, "join", { room: "a" })).resolves.toMatchObject({ ok: true });
});

test("a publish costs its messages: one that is larger than the burst is let in, and the next one waits for it", async () => {
  const worker = await start({ RATE_USER_EVENTS: "1,5" });
  const { socket } = await connectClient(worker.url, { auth: { user: "ann" } });
  await expect(emitAck(socket, "publish", batch("kitchen", ids(0, 50)))).resolves.toMatchObject({ ok: true });

  const answer = await emitAck<typeof LIMITED>(socket, "publish", batch("kitchen", ids(50, 2)));
  expect(answer).toEqual(LIMITED);
  // 45 are owed and one has to be there; some of it has come in meanwhile.
  expect(answer.error.retryAfterMs).toBeGreaterThan(30_000);
  expect(answer.error.retryAfterMs).toBeLessThanOrEqual(46_000);
  expect(await stored(worker, "kitchen")).toEqual(ids(0, 50));
});

test("batches that a client which polls sends in one request are let in no more than others", async () => {
  const worker = await start({ RATE_USER_EVENTS: "1,20" });
  const sid = await openPollingSession(worker.url);
  await postPackets(worker.url, sid, ['40{"user":"ann"}']);
  const events = ids(0, 10).map((id) => `42${JSON.stringify(["publish", batch(id, ids(0, 15))])}`);
  await postPackets(worker.url, sid, events);

  await eventually(async () => expect(await refused(worker, "events")).toBe(9));
  await expect(Promise.all(ids(0, 10).map((room) => stored(worker, room)))).resolves.toEqual([
    ids(0, 15),
    ...Array.from({ length: 9 }, () => []),
  ]);
});

test("nothing of a batch is stored that its room has no rate for, and the user's other rooms go on", async () => {
  const worker = await start({ RATE_ROOM_PUBLISH: "1,3" });
  const [ann, ben] = [
    await connectClient(worker.url, { auth: { user: "ann" } }),
    await connectClient(worker.url, { auth: { user: "ben" } }),
  ];
  await expect(emitAck(ann.socket, "publish", batch("kitchen", ids(0, 30)))).resolves.toMatchObject({
    ok: true,
  });

  await expect(emitAck(ben.socket, "publish", batch("kitchen", ids(30, 3)))).resolves.toEqual(LIMITED);
  await expect(emitAck(ben.socket, "publish", batch("hall", ids(0, 1)))).resolves.toMatchObject({ ok: true });
  expect(await stored(worker, "kitchen")).toEqual(ids(0, 30));
  expect(await refused(worker, "messages")).toBe(1);
});

test("twenty refusals within five seconds close the transport, and the client comes back by itself", async () => {
  const worker = await start({ RATE_USER_EVENTS: "1,1" });
  await spend(worker, "ann");
  const { socket } = await connectClient(worker.url, { auth: { user: "ann" }, reconnection: true });
  const answers: unknown[] = [];
  const left = once(socket, "disconnect");
  for (let n = 0; n < 60; n += 1)
    socket.emit("join", { room: `r-${n}` }, (answer: unknown) => answers.push(answer));

  // "io server disconnect" would keep it away for good.
  expect(await left).toEqual(["transport close", expect.anything()]);
  await eventually(() => expect(socket.connected).toBe(true));
  expect(answers).toEqual(Array(20).fill(LIMITED)); // nothing is looked at after the twentieth
  expect(await refused(worker, "refusals")).toBe(1);
});

test("nineteen refusals do not, and what is sent after the wait is let in", async () => {
  const worker = await start({ RATE_USER_EVENTS: "1000,1" });
  const { socket } = await connectClient(worker.url, { auth: { user: "ann" } });
  const first = emitAck(socket, "publish", batch("kitchen", ids(0, 50)));
  const answers = await Promise.all(
    ids(0, 19).map((room) => emitAck<Partial<typeof LIMITED>>(socket, "join", { room })),
  );
  await first;

  const waits = answers.map(({ error }) => error?.retryAfterMs ?? 0);
  await new Promise((resolve) => setTimeout(resolve, Math.max(...waits)));
  await expect(emitAck(socket, "join", { room: "later" })).resolves.toMatchObject({ ok: true });
});

test("who sends more packets than events are let in is read from later, and others are served meanwhile", async () => {
  // Its heartbeats are among what is read later.
  const worker = await start({
    RATE_USER_EVENTS: "1,1",
    PING_INTERVAL_MS: "60000",
    PING_TIMEOUT_MS: "60000",
  });
  const flood = await openEngineClient(worker.url);
  flood.send("40");
  const { socket } = await connectClient(worker.url, { auth: { user: "ann" } });

  // More than is read of a connection at once, and then an event. All of it would be read within so many turns as there are packets.
  const packets = Array.from({ length: 300 }, () => `6${"x".repeat(1000)}`);
  flood.send(...packets, '421["join",{"room":"kitchen"}]');
  await expect(emitAck(socket, "join", { room: "kitchen" })).resolves.toMatchObject({ ok: true });
  for (const _ of packets) expect((await fetch(`${worker.url}/health`)).status).toBe(200);

  expect(flood.packets.filter((packet) => packet.startsWith("431"))).toEqual([]);
  expect(flood.webSocket.readyState).toBe(flood.webSocket.OPEN);
});

test.each(["", "Upgrade: x\r\n"])(
  "a client that polls is read no faster than it may send, with the header %j",
  async (header) => {
    const worker = await start({ RATE_USER_EVENTS: "1,10" });
    const polling = "/socket.io/?EIO=4&transport=polling";
    const opened = await (await fetch(worker.url + polling)).text();
    const { sid } = JSON.parse(opened.slice(1)) as { sid: string };
    const path = `${polling}&sid=${sid}`;
    const pongs = Array(200).fill("3").join("\x1e"); // of 40 that may come at once
    const post = async () => {
      const raw = await openRaw(worker.url);
      raw.write(
        `POST ${path} HTTP/1.1\r\nHost: x\r\n${header}Content-Length: ${pongs.length}\r\n\r\n${pongs}`,
      );
      return raw;
    };
    const first = await post();
    await first.read(/^HTTP\/1\.1 200 /);

    const second = await post();
    // Each comes later than the second would be answered if it did not wait.
    for (let n = 0; n < 20; n += 1) await fetch(`${worker.url}/health`);
    expect(second.text()).toBe("");
  },
);

test("where the largest message is tiny, small packets count as one each", async () => {
  const worker = await start({ RATE_USER_EVENTS: "1,60", MESSAGE_LIMIT_BYTES: "128" });
  const { socket } = await connectClient(worker.url, { auth: { user: "ann" } });
  const startMs = performance.now();
  const rooms = Array.from({ length: 50 }, (_, n) => `${n}-${"x".repeat(60)}`);
  const answers = await Promise.all(rooms.map((room) => emitAck(socket, "join", { room })));

  for (const answer of answers) expect(answer).toMatchObject({ ok: true });
  // By their share of the largest one they would count as twelve each: a hundred seconds.
  expect(performance.now() - startMs).toBeLessThan(60_000);
});
