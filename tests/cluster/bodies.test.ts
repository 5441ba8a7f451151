import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { connectClient, emitAck } from "../support/connect-client.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { eventually, once, within } from "../support/wait.js";
import { complaints } from "./support/complaints.js";
import { call } from "./support/http-call.js";
import { startLoad } from "./support/load.js";
import { openPollingSession } from "./support/polling-session.js";
import { openRaw } from "./support/raw-connection.js";

const BODY_BYTES = 300_000;
const WORKERS = 3;
let shoal: Shoal;

beforeAll(async () => {
  const env = { BODY_LIMIT_BYTES: String(BODY_BYTES), MESSAGE_LIMIT_BYTES: "500000" };
  shoal = await spawnShoal({ workers: WORKERS, env });
});

afterEach(() => {
  expect(complaints(shoal.logs)).toEqual([]);
  expect(shoal.workerPids()).toHaveLength(WORKERS);
});

/** Numbers from 0. */
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

/** JSON of exactly `bytes` bytes whose meaning is at its end. */
const greeting = (name: string, bytes: number) => `{"name":${JSON.stringify(name).padStart(bytes - 9)}}`;

test("bodies of 300 kB arrive whole, twenty at a time and among other requests", async () => {
  const posts = upTo(20).map(async (index) => {
    const json = greeting(`guest ${index}`, BODY_BYTES);
    const { status, body } = await call(`${shoal.url}/hello`, { json });
    expect({ status, body }).toEqual({ status: 200, body: `{"message":"Hello, guest ${index}"}` });
  });
  const gets = upTo(20).map(async () =>
    expect(await call(`${shoal.url}/hello`)).toMatchObject({ status: 200 }),
  );
  await Promise.all([...posts, ...gets]);
});

test("a body that is one byte too large is refused, not cut", async () => {
  const { status, body } = await call(`${shoal.url}/hello`, { json: greeting("guest", BODY_BYTES + 1) });
  expect({ status, body: JSON.parse(body) }).toEqual({
    status: 413,
    body: { error: { code: "too_large", message: expect.any(String), temporary: false } },
  });
});

test("a client that goes on sending a body after it was refused is cut off", async () => {
  const connection = await openRaw(shoal.url, { allowHalfOpen: true });
  const head = "POST /hello HTTP/1.1\r\nHost: shoal\r\nContent-Type: text/plain\r\n";
  connection.socket.write(`${head}Content-Length: ${10 ** 9}\r\n\r\n`);
  const sending = startLoad(async () => {
    await new Promise((resolve) => connection.socket.write(Buffer.alloc(1000), resolve));
    await sleep(1);
  });
  await expect(within(connection.closed, 5000, "the cut")).resolves.toMatch(/^HTTP\/1.1 415 /);
  await sending.stop();
});

test("a message of 300 kB sent by polling reaches clients of all workers unchanged", async () => {
  const sender = await connectClient(shoal.url, { transports: ["polling"] });
  const readers = await Promise.all(upTo(6).map(() => connectClient(shoal.url)));
  expect(new Set(readers.map(({ session }) => session.worker)).size).toBe(WORKERS);

  const body = randomBytes(BODY_BYTES / 2).toString("hex");
  const received = readers.map(({ socket }) => once(socket, "message", 10_000));
  await expect(emitAck(sender.socket, "message", { body })).resolves.toMatchObject({ ok: true });
  for (const [message] of await Promise.all(received)) {
    expect(message).toEqual({ from: sender.session.id, body, at: expect.any(String) });
  }
});

test("a request finds its session although its header arrives in pieces", async () => {
  const session = await openPollingSession(shoal.url);
  const poll = `GET ${session.path} HTTP/1.1\r\nHost: shoal\r\n\r\n`;
  // Every cut is tried at some time, among them those through the session id and the header's end.
  for (const round of upTo(10)) {
    await session.send(`42${round}["leave",{"room":"any"}]`);
    const connection = await openRaw(shoal.url);
    for (let at = 0; at < poll.length; at += 10 + round) {
      await connection.sendPacket(poll.slice(at, at + 10 + round));
    }
    await connection.receive(/\r\n\r\n./);
    expect(connection.received()).toMatch(/^HTTP\/1.1 200 /);
    expect(connection.received()).toContain(`43${round}[{"ok":true,"room":"any"}]`);
  }
});

test("a body is read although its header arrives in pieces", async () => {
  const json = greeting("Ada", 2000);
  const head = `POST /hello HTTP/1.1\r\nHost: shoal\r\nContent-Type: application/json\r\nContent-Length: ${json.length}\r\n\r\n`;
  for (const cut of [
    3,
    head.indexOf("Content-Length") + 5,
    head.length - 2,
    head.length,
    head.length + 100,
  ]) {
    const connection = await openRaw(shoal.url);
    await connection.sendPacket((head + json).slice(0, cut));
    await connection.sendPacket((head + json).slice(cut));
    expect(await connection.receive(/^HTTP\/1.1 200 [\s\S]*\r\n\r\n.*}/)).toContain("Hello, Ada");
  }
});

test("clients that say nothing, half of something or nonsense harm nobody", async () => {
  const { socket, session } = await connectClient(shoal.url, { transports: ["polling"] });
  let disconnects = 0;
  socket.on("disconnect", () => disconnects++);

  const silent = await Promise.all(upTo(30).map(() => openRaw(shoal.url)));
  const halves = [
    "GET",
    "GET /hello HTTP/1.1\r\nHost: sh",
    "POST /hello HTTP/1.1\r\nContent-Length: 50\r\n\r\n{",
  ];
  for (const half of halves) {
    await (await openRaw(shoal.url)).sendPacket(half);
    const rude = await openRaw(shoal.url);
    await rude.sendPacket(half);
    rude.socket.resetAndDestroy();
  }
  const nonsense = [
    "hello?\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", // how TLS begins
    "GET /hello HTTP/1.1\nHost: shoal\n\n",
    `GET /${randomBytes(3000).toString("latin1")}\r\n\r\n`,
  ];
  for (const bytes of nonsense) {
    const connection = await openRaw(shoal.url);
    connection.socket.write(Buffer.from(bytes, "latin1"));
    await expect(within(connection.closed, 5000, "the end")).resolves.toMatch(/^HTTP\/1.1 400 /);
  }
  const endless = await openRaw(shoal.url);
  endless.socket.write("X".repeat(100_000));
  await within(endless.closed, 5000, "the end"); // perhaps by a reset, which overtakes the answer

  await expect(emitAck(socket, "join", { room: "calm" })).resolves.toMatchObject({ ok: true });
  await Promise.all(upTo(30).map(async () => expect((await call(`${shoal.url}/hello`)).status).toBe(200)));
  expect(silent.map(({ received }) => received()).join()).toBe(silent.map(() => "").join());
  expect({ disconnects, id: socket.id }).toEqual({ disconnects: 0, id: session.id });
  await eventually(() => expect(silent.filter((one) => one.socket.closed)).toEqual([]));
});
