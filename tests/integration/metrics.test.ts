import { connectClient, emitAck } from "../support/connect-client.js";
import { startStopwatch } from "../support/machine-time.js";
import { type ParsedMetrics, parseMetrics } from "../support/metrics-text.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { startRedis } from "../support/redis-server.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { startTcpProxy } from "../support/tcp-proxy.js";
import { eventually, once } from "../support/wait.js";
import { isJoined, startPair } from "../support/worker-pair.js";

let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

const start = (env: Record<string, string> = {}) => startWorker({ mongodbUri: mongo.uriFor(), env });
const read = async (worker: RunningWorker): Promise<ParsedMetrics> => parseMetrics(await worker.metrics());

/** Waits until the value is this; what is counted after an answer may come a moment after it. */
async function becomes(
  worker: RunningWorker,
  name: string,
  labels: Record<string, string>,
  expected: number,
): Promise<void> {
  await eventually(async () => expect((await read(worker)).value(name, labels)).toBe(expected));
}

const POLLING = "/socket.io/?EIO=4&transport=polling";

describe("connections", () => {
  test("are counted by transport while they last, and by reason when they end", async () => {
    const worker = await start();
    const polling = await connectClient(worker.url, { transports: ["polling"] });
    const websocket = await connectClient(worker.url);
    await connectClient(worker.url);
    await becomes(worker, "realtime_connections", { transport: "websocket" }, 2);
    await becomes(worker, "realtime_connections", { transport: "polling" }, 1);
    await becomes(worker, "realtime_handshakes_total", { result: "accepted" }, 3);

    websocket.socket.disconnect();
    polling.socket.io.engine.close();
    await becomes(worker, "realtime_connections", { transport: "websocket" }, 1);
    await becomes(worker, "realtime_connections", { transport: "polling" }, 0);
    await becomes(worker, "realtime_disconnects_total", { reason: "client namespace disconnect" }, 1);
    await becomes(worker, "realtime_disconnects_total", { reason: "transport close" }, 1);
    await becomes(worker, "realtime_handshakes_total", { result: "accepted" }, 3);
  });

  test("that upgrade are one handshake", async () => {
    const worker = await start();
    await connectClient(worker.url, { transports: ["polling", "websocket"] });

    await becomes(worker, "realtime_connections", { transport: "websocket" }, 1);
    await becomes(worker, "realtime_connections", { transport: "polling" }, 0);
    await becomes(worker, "realtime_handshakes_total", { result: "accepted" }, 1);
  });

  test("of a foreign origin are refused, and requests of unknown sessions are no handshakes", async () => {
    const worker = await start({ CORS_ORIGIN: "https://app.example.com" });
    const foreign = { headers: { Origin: "https://evil.example.com" } };
    expect((await fetch(worker.url + POLLING, foreign)).status).toBe(403);
    await expect(
      connectClient(worker.url, { extraHeaders: { Origin: "https://evil.example.com" } }),
    ).rejects.toThrow();
    expect((await fetch(`${worker.url}${POLLING}&sid=nobody`)).status).toBe(404);

    const { value } = await read(worker);
    expect(value("realtime_handshakes_total", { result: "refused" })).toBe(2);
    expect(value("realtime_handshakes_total", { result: "accepted" })).toBe(0);
  });

  test("beyond the limit are counted as such, and the limit is told", async () => {
    const worker = await start({ MAX_CONNECTIONS_PER_WORKER: "1" });
    await connectClient(worker.url);
    expect((await fetch(worker.url + POLLING)).status).toBe(503);

    const { value } = await read(worker);
    expect(value("realtime_connections_limit")).toBe(1);
    expect(value("realtime_handshakes_total", { result: "full" })).toBe(1);
    expect(value("realtime_handshakes_total", { result: "accepted" })).toBe(1);
    expect(value("realtime_handshakes_total", { result: "refused" })).toBe(0);
  });

  test("closed because nobody reads are counted", async () => {
    const worker = await start({ CLIENT_BACKLOG_PACKETS: "10" });
    const { socket } = await connectClient(worker.url);
    const handshake = await (await fetch(worker.url + POLLING)).text();
    const { sid } = JSON.parse(handshake.slice(1)) as { sid: string };
    await fetch(`${worker.url}${POLLING}&sid=${sid}`, { method: "POST", body: "40" }); // and never asks again
    for (let count = 0; count < 20; count += 1) await emitAck(socket, "message", { body: count });

    await becomes(worker, "realtime_slow_clients_total", {}, 1);
    await becomes(worker, "realtime_connections", { transport: "polling" }, 0);
    expect(socket.connected).toBe(true);
  });
});

describe("events", () => {
  test("are counted by name, with the time that they took", async () => {
    const worker = await start();
    const { socket } = await connectClient(worker.url);
    await emitAck(socket, "join", { room: "kitchen" });
    await emitAck(socket, "join", { room: 7 }); // refused, and counted nevertheless
    for (const event of ["nonsense", "more of it"]) await emitAck(socket, event, {});

    await becomes(worker, "realtime_event_duration_seconds_count", { event: "join" }, 2);
    await becomes(worker, "realtime_event_duration_seconds_count", { event: "unknown" }, 2);
    const { value, select } = await read(worker);
    expect(value("realtime_events_total", { event: "join", direction: "in" })).toBe(2);
    expect(value("realtime_events_total", { event: "unknown", direction: "in" })).toBe(2);
    expect(value("realtime_events_total", { event: "session", direction: "out" })).toBe(1);
    expect(select("realtime_events_total", { event: "nonsense" })).toEqual([]);
  });

  test("that go out are counted once for each client that gets them", async () => {
    const worker = await start();
    const [a, b, c] = await Promise.all([1, 2, 3].map(() => connectClient(worker.url)));
    if (!a || !b || !c) throw new Error("three clients");
    const sent = { event: "message", direction: "out" };
    await emitAck(a.socket, "message", { body: "to the two others" });
    await becomes(worker, "realtime_events_total", sent, 2);

    for (const { socket } of [a, b]) await emitAck(socket, "join", { room: "kitchen" });
    await emitAck(a.socket, "message", { room: "kitchen", body: "to one" });
    await becomes(worker, "realtime_events_total", sent, 3);

    const heard = [b, c].map(({ socket }) => once(socket, "messages"));
    for (const { socket } of [b, c]) await emitAck(socket, "subscribe", { room: "log" });
    await emitAck(a.socket, "publish", { room: "log", messages: [{ id: "1", body: "to two" }] });
    await Promise.all(heard);
    await becomes(worker, "realtime_events_total", { event: "messages", direction: "out" }, 2);
    await becomes(worker, "realtime_events_total", sent, 3);
    await becomes(worker, "realtime_publish_ack_duration_seconds_count", {}, 1);
    await becomes(worker, "realtime_room_repairs_total", {}, 0);
  });
});

describe("HTTP requests", () => {
  test("are measured by the pattern of their route, never by their path", async () => {
    const worker = await start();
    await fetch(`${worker.url}/hello?token=geheim`);
    await fetch(`${worker.url}/rooms/kitchen/messages`, { headers: { "X-User-Id": "ann" } });
    await fetch(`${worker.url}/rooms/cellar/messages`, { headers: { "X-User-Id": "ann" } });
    await fetch(`${worker.url}/wp-admin/geheim`);
    const json = { "Content-Type": "application/json" };
    await fetch(`${worker.url}/hello`, { method: "POST", body: "{}", headers: json });
    await fetch(`${worker.url}/hello`, { method: "POST", body: "no JSON", headers: json });

    const count = "http_request_duration_seconds_count";
    await becomes(worker, count, { method: "POST", route: "unmatched" }, 1);
    const { select } = await read(worker);
    const seen = select(count).map(({ labels, value }) => [
      labels.method,
      labels.route,
      labels.status,
      value,
    ]);
    expect(seen.toSorted()).toEqual([
      ["GET", "/hello", "200", 1],
      ["GET", "/rooms/:room/messages", "200", 2],
      ["GET", "unmatched", "404", 1],
      ["POST", "/hello", "400", 1],
      ["POST", "unmatched", "400", 1], // no route saw it: its body could not be read
    ]);
    expect(await worker.metrics()).not.toContain("geheim");
  });
});

describe("with Redis", () => {
  test.each(["pubsub", "sharded"])(
    "what came from another worker counts where it is handed out, and Redis is told to be up until it is away (%s)",
    async (adapter) => {
      const redis = await startRedis();
      const env = { REDIS_URL: redis.url, REDIS_ADAPTER: adapter };
      const pair = await startPair(mongo.uriFor(), env);
      await isJoined(pair);
      const [, second] = pair.workers;
      const sent = { event: "message", direction: "out" };
      const before = (await read(second)).value("realtime_events_total", sent);
      const heard = once(pair.far.socket, "message");
      await emitAck(pair.near[0].socket, "message", { body: "over there" });
      await heard;
      await becomes(second, "realtime_events_total", sent, before + 1);

      expect((await read(second)).value("realtime_redis_up")).toBe(1);
      await redis.kill();
      await becomes(second, "realtime_redis_up", {}, 0);
    },
  );
});

describe("stores", () => {
  test("a MongoDB that does not answer is told within a second, and Redis only when it is configured", async () => {
    const wire = await startTcpProxy({ target: mongo.target });
    const worker = await startWorker({ mongodbUri: mongo.uriVia(wire) });
    expect((await read(worker)).value("realtime_mongo_up")).toBe(1);
    wire.set("blackhole");

    const passedMs = startStopwatch();
    const { value, types } = await read(worker);
    expect(passedMs()).toBeLessThan(1000);
    expect(value("realtime_mongo_up")).toBe(0);
    expect(types.has("realtime_redis_up")).toBe(false);
    wire.set("pass");
    await becomes(worker, "realtime_mongo_up", {}, 1);
  });
});
