import { connect } from "node:net";
import { connectClient, emitAck } from "../support/connect-client.js";
import { parseMetrics } from "../support/metrics-text.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { openRaw } from "../support/raw-tcp.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { eventually, once } from "../support/wait.js";

const UPGRADE = [
  ...["Host: shoal", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"],
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

const start = (env: Record<string, string>) => startWorker({ mongodbUri: mongo.uriFor(), env });

/** The status and body of a handshake by long polling. */
async function handshake(url: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
  return { status: response.status, text: await response.text() };
}

/** How many connections a worker has, whatever their transport. */
async function connections(worker: RunningWorker): Promise<number> {
  const samples = parseMetrics(await worker.metrics()).select("realtime_connections");
  return samples.reduce((sum, { value }) => sum + value, 0);
}

/** Keeps the event loop of this process, which is the worker's, busy until `isEnough`. */
async function keepBusy(isEnough: () => boolean): Promise<void> {
  while (!isEnough()) {
    const endMs = performance.now() + 100;
    while (performance.now() < endMs);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("a worker that has as many connections as it may have refuses more with 503, until one is gone", async () => {
  const worker = await start({ MAX_CONNECTIONS_PER_WORKER: "2" });
  const first = await connectClient(worker.url);
  const second = await connectClient(worker.url, { transports: ["polling"] });

  await expect(handshake(worker.url)).resolves.toMatchObject({
    status: 503,
    text: expect.stringContaining("full"),
  });
  await expect(connectClient(worker.url)).rejects.toThrow();
  // Those who are in are not touched, over polling neither, where each message is a request.
  await expect(emitAck(second.socket, "join", { room: "kitchen" })).resolves.toMatchObject({ ok: true });
  first.socket.disconnect();
  await eventually(() => connectClient(worker.url));
});

test("more handshakes than MAX_HANDSHAKES_PER_SECOND get 503, and later ones get in", async () => {
  const worker = await start({ MAX_HANDSHAKES_PER_SECOND: "5" });

  const answers = await Promise.all(Array.from({ length: 30 }, () => handshake(worker.url)));
  const refused = answers.filter(({ status }) => status === 503);

  expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(5);
  expect(refused.length).toBeGreaterThan(10);
  expect(refused[0]?.text).toContain("rate");
  expect(JSON.parse(refused[0]?.text ?? "")).toMatchObject({
    error: { code: "temporary", temporary: true, retryAfterMs: 2000 },
  });
  await eventually(async () => expect((await handshake(worker.url)).status).toBe(200));
});

test("a worker whose event loop lags refuses handshakes with 503, and takes them again when it keeps up", async () => {
  const worker = await start({ OVERLOAD_LAG_MS: "20" });
  const { socket } = await connectClient(worker.url);
  let answer = { status: 200, text: "" };

  const asking = (async () => {
    while (answer.status === 200) answer = await handshake(worker.url);
  })();
  await keepBusy(() => answer.status !== 200);
  await asking;

  expect(answer).toMatchObject({ status: 503, text: expect.stringContaining("overload") });
  await expect(emitAck(socket, "join", { room: "kitchen" })).resolves.toMatchObject({ ok: true });
  await eventually(async () => expect((await handshake(worker.url)).status).toBe(200), { withinMs: 10_000 });
});

test("a connection older than MAX_CONNECTION_AGE_MS is closed in a way that its client comes back", async () => {
  const worker = await start({ MAX_CONNECTION_AGE_MS: "1000" });
  const client = await connectClient(worker.url, { reconnection: true, reconnectionDelay: 50 });
  const { id } = client.session;

  const [reason] = await once(client.socket, "disconnect", 10_000);
  await once(client.socket, "session", 10_000);

  expect(reason).toBe("transport close");
  expect(client.session.id).not.toBe(id);
});

test("a request of a session that the worker does not know gets 404, which a proxy can take to another instance", async () => {
  const worker = await start({});
  const { socket } = await connectClient(worker.url, { transports: ["polling"] });

  for (const method of ["GET", "POST"]) {
    const url = `${worker.url}/socket.io/?EIO=4&transport=polling&sid=of-another-instance`;
    const response = await fetch(url, { method, ...(method === "POST" ? { body: "40" } : {}) });
    expect(response.status).toBe(404);
    await expect(response.json()).resolves.toEqual({ code: 1, message: "Session ID unknown" });
  }

  await expect(emitAck(socket, "join", { room: "kitchen" })).resolves.toMatchObject({ ok: true });
});

test.each([
  ["a second sid that is empty", (sid: string) => `sid=${sid}&sid=`],
  ["a first sid that is empty", (sid: string) => `sid=&sid=${sid}`],
  ["an empty sid", () => "sid="],
  ["an escaped name of the sid", (sid: string) => `sid=${sid}&%73id=`],
  ["a fragment", (sid: string) => `t=1#&sid=${sid}`],
])("nobody gets past the limits by %s, by polling or by WebSocket", async (_what, query) => {
  const worker = await start({ MAX_CONNECTIONS_PER_WORKER: "1" });
  const { socket } = await connectClient(worker.url, { transports: ["polling"] });
  const target = (transport: string) =>
    `/socket.io/?EIO=4&transport=${transport}&${query(socket.io.engine.id ?? "")}`;

  for (const lines of [
    [`GET ${target("polling")} HTTP/1.1`, "Host: shoal", "Connection: close"],
    [`GET ${target("websocket")} HTTP/1.1`, ...UPGRADE],
  ]) {
    const raw = await openRaw(worker.url);
    raw.write(`${lines.join("\r\n")}\r\n\r\n`);
    const answer = await raw.readToEnd();
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer).toContain('"invalid"');
  }
  expect(await connections(worker)).toBe(1);
  await expect(emitAck(socket, "join", { room: "kitchen" })).resolves.toMatchObject({ ok: true });
});

test("a target that begins like Engine.IO's and goes on otherwise is refused, and no handshake", async () => {
  const worker = await start({});
  for (const path of ["/socket.io/../hello", "/socket.io/%2e%2e/hello", "/socket.io/x"]) {
    const raw = await openRaw(worker.url);
    raw.write(`GET ${path}?EIO=4&transport=polling HTTP/1.1\r\nHost: shoal\r\nConnection: close\r\n\r\n`);
    expect(await raw.readToEnd()).toMatch(/^HTTP\/1.1 400 /);
  }
  expect(await connections(worker)).toBe(0);
});

test("a handshake whose address is long is refused, as its connection would keep it", async () => {
  const worker = await start({});
  const status = async (transport: string, length: number) => {
    const { write, read } = await openRaw(worker.url);
    const target = `/socket.io/?EIO=4&transport=${transport}&x=`.padEnd(length, "y");
    const lines = transport === "websocket" ? UPGRADE : ["Host: shoal"];
    write([`GET ${target} HTTP/1.1`, ...lines, "", ""].join("\r\n"));
    return (await read(/^HTTP\/1.1 \d+ /)).split(" ", 2)[1];
  };
  expect(await status("polling", 2048)).toBe("200");
  expect(await status("websocket", 2048)).toBe("101");
  expect(await status("polling", 2049)).toBe("400");
  expect(await status("websocket", 2049)).toBe("400");
});

test("clients that break off while they are refused do not harm the worker", async () => {
  const worker = await start({ MAX_HANDSHAKES_PER_SECOND: "1" });
  const { hostname, port } = new URL(worker.url);
  const upgrade = ["GET /socket.io/?EIO=4&transport=websocket HTTP/1.1", ...UPGRADE].join("\r\n");

  await Promise.all(
    Array.from({ length: 300 }, async () => {
      const socket = connect({ host: hostname, port: Number(port) });
      socket.on("error", () => {}); // "close" follows
      socket.write(`${upgrade}\r\n\r\n`, () => socket.resetAndDestroy());
      await new Promise((resolve) => socket.once("close", resolve));
    }),
  );

  // An error that nobody caught would have ended the process, which is the worker's too.
  await eventually(async () => expect((await handshake(worker.url)).status).toBe(200));
});
