import { connectClient, emitAck } from "../support/connect-client.js";
import { parseMetrics } from "../support/metrics-text.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { openRaw } from "../support/raw-tcp.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { eventually } from "../support/wait.js";

let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

const start = (env: Record<string, string>) => startWorker({ mongodbUri: mongo.uriFor(), env });

const HANDSHAKE = "/socket.io/?EIO=4&transport=polling";

/** A handshake of a client that is at this address, as a proxy tells it. */
const handshakeFrom = (worker: RunningWorker, address: string) =>
  fetch(worker.url + HANDSHAKE, { headers: { "X-Forwarded-For": address } });

async function refused(worker: RunningWorker, limit: string): Promise<number> {
  const [sample] = parseMetrics(await worker.metrics()).select("realtime_limited_total", { limit });
  return sample?.value ?? Number.NaN;
}

test("an address that asks for more sessions than its rate gets 429, and others get theirs", async () => {
  const worker = await start({ RATE_IP_HANDSHAKES: "1,3", TRUST_PROXY: "1" });
  const statuses: number[] = [];
  while (!statuses.includes(429)) statuses.push((await handshakeFrom(worker, "203.0.113.7")).status);

  expect(statuses.slice(0, 3)).toEqual([200, 200, 200]);
  expect((await handshakeFrom(worker, "203.0.113.8")).status).toBe(200);
  expect(await refused(worker, "handshakes")).toBe(statuses.filter((status) => status === 429).length);
  const [sample] = parseMetrics(await worker.metrics()).select("realtime_handshakes_total", {
    result: "address",
  });
  expect(sample?.value).toBeGreaterThan(0);
});

test("a refused handshake says when to come back, by polling and by WebSocket", async () => {
  const worker = await start({ RATE_IP_HANDSHAKES: "1,1" });
  const ask = () => fetch(worker.url + HANDSHAKE);
  await ask();

  let response = await ask();
  while (response.status !== 429) response = await ask();
  expect(response.headers.get("Retry-After")).toBe("1");
  expect(response.headers.get("RateLimit-Policy")).toBe('"address";q=1;w=1');
  expect(response.headers.get("RateLimit")).toBe('"address";r=0;t=1');
  expect(await response.json()).toEqual({
    error: {
      code: "rate_limited",
      message: expect.any(String),
      temporary: true,
      retryAfterMs: expect.any(Number),
    },
  });
  const raw = await openRaw(worker.url);
  raw.write(
    [
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
      ...["Host: shoal", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"],
      ...["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", ""],
    ].join("\r\n"),
  );
  const answer = await raw.readToEnd();
  expect(answer).toMatch(/^HTTP\/1.1 429 Too Many Requests\r\nRetry-After: 1\r\n/);
  expect(answer).toContain('"rate_limited"');
});

test("an address of which refusals wait is let in as its rate allows, by WebSocket, too", async () => {
  const worker = await start({ RATE_IP_HANDSHAKES: "20,5" });
  const flood = Array.from({ length: 60 }, () => fetch(worker.url + HANDSHAKE));
  const statuses = Promise.all(flood.map(async (answer) => (await answer).status));
  const again = { reconnection: true, reconnectionDelay: 100, reconnectionDelayMax: 200, withinMs: 30_000 };
  const clients = [0, 1, 2].map(() => connectClient(worker.url, again));

  for (const { socket } of await Promise.all(clients))
    expect(await emitAck(socket, "join", { room: "den" })).toMatchObject({ ok: true });
  expect(new Set(await statuses)).toEqual(new Set([200, 429]));
});

test.each([
  ["of an IPv6 network", (n: number) => `2001:db8:0:1:${n}::1`, "2001:db8:0:2::1"],
  [
    "of an IPv4 address that is mapped or not",
    (n: number) => `${n % 2 ? "::ffff:" : ""}198.51.100.1`,
    "198.51.100.2",
  ],
])("all forms %s share a rate, and another one has its own", async (_what, form, other) => {
  const worker = await start({ RATE_IP_HANDSHAKES: "1,1", TRUST_PROXY: "1" });
  const statuses: number[] = [];
  for (let n = 0; n < 20; n += 1) statuses.push((await handshakeFrom(worker, form(n))).status);

  expect(statuses[0]).toBe(200);
  expect(statuses).toContain(429);
  expect((await handshakeFrom(worker, other)).status).toBe(200);
});

test("an address cannot be made up without a trusted proxy", async () => {
  const worker = await start({ RATE_IP_HANDSHAKES: "1,1" });
  const statuses: number[] = [];
  for (let n = 0; n < 20; n += 1) statuses.push((await handshakeFrom(worker, `203.0.113.${n}`)).status);

  expect(statuses).toContain(429);
});

test("the log says once that a proxy whose clients are refused is not trusted", async () => {
  const hints = ({ logs }: RunningWorker) => logs.filter(({ text }) => text.includes("TRUST_PROXY"));
  const worker = await start({ RATE_IP_HANDSHAKES: "1,1" });
  for (let n = 0; n < 5; n += 1) await fetch(worker.url + HANDSHAKE);
  expect(hints(worker)).toEqual([]);
  for (let n = 0; n < 5; n += 1) await handshakeFrom(worker, `203.0.113.${n}`);

  expect(hints(worker)).toHaveLength(1);
});

test("an answer that was slowed down is the last one of its connection, also where the request has a body", async () => {
  const worker = await start({ RATE_IP_HANDSHAKES: "1,1" });
  const raw = await openRaw(worker.url);
  raw.write(`POST ${HANDSHAKE} HTTP/1.1\r\nHost: shoal\r\nContent-Length: 2\r\n\r\nok`.repeat(40));

  const answers = (await raw.readToEnd(20_000)).split("HTTP/1.1 ").slice(1);
  expect(answers.at(-1)).toMatch(/^429 .*\r\nConnection: close\r\n/s);
});

test("a session that is open goes on while its address is refused new ones", async () => {
  const worker = await start({ RATE_IP_HANDSHAKES: "1,2" });
  const { socket } = await connectClient(worker.url, { transports: ["polling"], upgrade: false });
  while ((await fetch(worker.url + HANDSHAKE)).status !== 429);

  for (const room of ["a", "b", "c"])
    await expect(emitAck(socket, "join", { room })).resolves.toMatchObject({ ok: true });
});

test("a user has so many connections and no more, and a place is free when one ends", async () => {
  const worker = await start({ MAX_CONNECTIONS_PER_USER: "2" });
  const auth = { user: "ann" };
  const first = await connectClient(worker.url, { auth });
  await connectClient(worker.url, { auth, transports: ["polling"] });

  const refusal = await connectClient(worker.url, { auth }).catch((error: unknown) => error);
  expect(refusal).toMatchObject({
    data: { code: "too_many_connections", temporary: true, retryAfterMs: 5000 },
  });
  expect(await refused(worker, "connections")).toBe(1);
  await connectClient(worker.url, { auth: { user: "ben" } });

  first.socket.disconnect();
  await eventually(() => connectClient(worker.url, { auth }));
  await expect(connectClient(worker.url, { auth })).rejects.toMatchObject({
    data: { code: "too_many_connections" },
  });
});

test("of many connections of a user that come at once, so many get in", async () => {
  const worker = await start({ MAX_CONNECTIONS_PER_USER: "5" });
  const auth = { user: "ann" };
  const all = await Promise.allSettled(Array.from({ length: 20 }, () => connectClient(worker.url, { auth })));

  expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
});

test("places are free again also of connections that break off while they are let in", async () => {
  const worker = await start({ MAX_CONNECTIONS_PER_USER: "3" });
  const auth = { user: "ann" };
  for (let n = 0; n < 30; n += 1) {
    const opened = await fetch(worker.url + HANDSHAKE);
    const { sid } = JSON.parse((await opened.text()).slice(1)) as { sid: string };
    // Joins and ends in one request.
    await fetch(`${worker.url}${HANDSHAKE}&sid=${sid}`, {
      method: "POST",
      body: `40${JSON.stringify(auth)}\u001e1`,
    });
  }

  await eventually(
    async () => void (await Promise.all([1, 2, 3].map(() => connectClient(worker.url, { auth })))),
  );
});
