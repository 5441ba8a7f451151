import { openPollingSession, poll } from "../support/engine-client.js";
import { parseMetrics } from "../support/metrics-text.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { openRaw, type RawConnection } from "../support/raw-tcp.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { eventually } from "../support/wait.js";

const MIB = 1024 * 1024;
let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

const start = (env: Record<string, string>) =>
  startWorker({ mongodbUri: mongo.uriFor(), env: { TRUST_PROXY: "1", ...env } });

/** Sends all of a body but its last byte. */
async function upload(worker: RunningWorker, target: string, address: string, bytes: number) {
  const client = await openRaw(worker.url);
  const head = [`POST ${target} HTTP/1.1`, "Host: 127.0.0.1", `X-Forwarded-For: ${address}`];
  client.write([...head, "Content-Type: application/json", `Content-Length: ${bytes}`, "", '"'].join("\r\n"));
  client.write("x".repeat(bytes - 2));
  return client;
}

const answered = (clients: readonly RawConnection[]) => clients.filter((client) => client.text() !== "");

async function refused(worker: RunningWorker): Promise<number> {
  const [sample] = parseMetrics(await worker.metrics()).select("realtime_limited_total", { limit: "bodies" });
  return sample?.value ?? Number.NaN;
}

const post = (worker: RunningWorker, address: string, id: string) =>
  fetch(`${worker.url}/rooms/kitchen/messages`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-User-Id": "ann", "X-Forwarded-For": address },
    body: JSON.stringify({ id, body: "hi" }),
  });

test("unfinished bodies of an address get 429 when they are too many bytes, and those of others go on", async () => {
  const worker = await start({ BODY_LIMIT_BYTES: String(8 * MIB) });
  const uploads = await Promise.all(
    Array.from({ length: 6 }, () => upload(worker, "/rooms/kitchen/messages", "203.0.113.7", 8 * MIB)),
  );
  const other = await upload(worker, "/rooms/kitchen/messages", "203.0.113.8", 4 * MIB);

  await eventually(() => expect(answered(uploads).length).toBeGreaterThanOrEqual(2));
  for (const client of answered(uploads)) expect(client.text()).toMatch(/^HTTP\/1.1 429 /);
  const [first] = answered(uploads);
  first?.socket.end(); // it would be waited for, for two seconds
  expect((await post(worker, "203.0.113.8", "1")).status).toBe(200);
  expect(other.text()).toBe("");
  expect(await refused(worker)).toBe(answered(uploads).length);

  for (const { socket } of uploads) socket.destroy();
  await eventually(async () => expect((await post(worker, "203.0.113.7", "2")).status).toBe(200));
});

test("a refused body is told when to come back, on a connection that ends", async () => {
  const worker = await start({ BODY_LIMIT_BYTES: String(16 * MIB) });
  const uploads = await Promise.all(
    Array.from({ length: 5 }, () => upload(worker, "/rooms/kitchen/messages", "203.0.113.7", 16 * MIB)),
  );
  await eventually(() => expect(answered(uploads)).not.toEqual([]));

  expect(await answered(uploads)[0]?.readToEnd()).toMatch(/^HTTP\/1.1 429 .*"rate_limited"/s);
});

test("unfinished packets of sessions that poll count for the address of their handshakes, and end the session that is too much", async () => {
  const worker = await start({ MESSAGE_LIMIT_BYTES: String(4 * MIB), CLIENT_BACKLOG_BYTES: String(8 * MIB) });
  const sessions: string[] = [];
  for (let n = 0; n < 5; n += 1) sessions.push(await openPollingSession(worker.url));
  const targets = sessions.map((sid) => `/socket.io/?EIO=4&transport=polling&sid=${sid}`);
  // Each says that it comes from somewhere else.
  const uploads = await Promise.all(
    targets.map((target, n) => upload(worker, target, `203.0.113.${n}`, 12 * MIB)),
  );

  await eventually(() => expect(answered(uploads).length).toBeGreaterThanOrEqual(2));
  const ended = uploads.findIndex((client) => client.text() !== "");
  expect(await uploads[ended]?.readToEnd()).toMatch(/^HTTP\/1.1 429 .*"rate_limited"/s);
  expect((await poll(worker.url, sessions[ended] ?? "")).status).toBe(404);
  expect((await post(worker, "203.0.113.9", "1")).status).toBe(200);
});
