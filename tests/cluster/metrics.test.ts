import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { freePort } from "../../tools/shared/ports.js";
import { onTestEnd } from "../support/cleanup.js";
import { type Client, connectClient, emitAck } from "../support/connect-client.js";
import { logged } from "../support/line-log.js";
import { type ParsedMetrics, parseMetrics } from "../support/metrics-text.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { signalIfAlive } from "../support/process-table.js";
import { launchShoal, type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { startTcpProxy } from "../support/tcp-proxy.js";
import { eventually, once } from "../support/wait.js";
import { call } from "./support/http-call.js";

/** What dashboards and alerts are made of, beside what the library measures of every Node process. */
const PROMISED = {
  realtime_connections: "gauge",
  realtime_connections_limit: "gauge",
  realtime_draining: "gauge",
  realtime_mongo_up: "gauge",
  realtime_worker_up: "gauge",
  realtime_event_loop_lag_seconds: "gauge",
  realtime_handshakes_total: "counter",
  realtime_limited_total: "counter",
  realtime_streams: "gauge",
  realtime_tokens_total: "counter",
  realtime_disconnects_total: "counter",
  realtime_events_total: "counter",
  realtime_worker_restarts_total: "counter",
  realtime_worker_ends_total: "counter",
  realtime_room_repairs_total: "counter",
  realtime_bus_refused_total: "counter",
  realtime_rights_rechecked_total: "counter",
  realtime_rights_closed_total: "counter",
  realtime_revocation_closed_total: "counter",
  realtime_revocation_refused_total: "counter",
  realtime_slow_clients_total: "counter",
  realtime_event_duration_seconds: "histogram",
  realtime_publish_ack_duration_seconds: "histogram",
  http_request_duration_seconds: "histogram",
};

/** Of each process, the primary included. */
const OF_PROCESSES = [
  ...["nodejs_eventloop_lag_p99_seconds", "nodejs_heap_size_used_bytes", "process_open_fds"],
  ...["process_resident_memory_bytes", "process_cpu_seconds_total", "process_start_time_seconds"],
];

/** Above this an orchestrator or a scraper would give up. */
const PROBE_MS = 2000;

let mongo: MongoServer;
let shoal: Shoal;

beforeAll(async () => {
  mongo = await startMongo();
  shoal = await spawnShoal({ workers: 2, mongodbUri: mongo.uriFor() });
});

async function scrape(adminUrl: string): Promise<ParsedMetrics> {
  const { status, headers, body } = await call(`${adminUrl}/metrics`, { withinMs: PROBE_MS });
  expect([status, headers["content-type"]]).toEqual([200, expect.stringMatching(/^text\/plain; version=0/)]);
  return parseMetrics(body);
}

async function ready(adminUrl: string): Promise<[number, unknown]> {
  const { status, body } = await call(`${adminUrl}/readyz`, { withinMs: PROBE_MS });
  return [status, (JSON.parse(body) as { status: unknown }).status];
}

const live = async (adminUrl: string) => (await call(`${adminUrl}/livez`, { withinMs: PROBE_MS })).status;

/** Which workers answered, by slot. */
const up = (metrics: ParsedMetrics) =>
  metrics.select("realtime_worker_up").map(({ labels, value }) => `${labels.worker}: ${value}`);

const workersOf = (metrics: ParsedMetrics, name: string) =>
  metrics.select(name).map(({ labels }) => labels.worker);

test("all that is promised is there, of every worker, and each series names its process", async () => {
  await connectClient(shoal.url);
  await call(`${shoal.url}/hello`);
  const metrics = await scrape(shoal.adminUrl);

  const types = Object.fromEntries(
    [...metrics.types].filter(([name]) => /^(realtime|http)_/.test(name)).sort(),
  );
  expect(types).toEqual(PROMISED);
  for (const name of OF_PROCESSES) expect(workersOf(metrics, name)).toEqual(["primary", "1", "2"]);
  const ofWorkers = ["connections_limit", "mongo_up", "event_loop_lag_seconds", "room_repairs_total"];
  for (const name of ofWorkers) expect(workersOf(metrics, `realtime_${name}`)).toEqual(["1", "2"]);
  expect(up(metrics)).toEqual(["1: 1", "2: 1"]);
  expect(metrics.value("realtime_draining")).toBe(0);
  const labelled = metrics.samples.filter(({ labels }) => /^(1|2|primary)$/.test(labels.worker ?? ""));
  expect(labelled).toHaveLength(metrics.samples.length);
  const open = metrics.select("realtime_connections", { transport: "websocket" });
  expect(open.map(({ value }) => value).toSorted()).toEqual([0, 1]);
  await expect(ready(shoal.adminUrl)).resolves.toEqual([200, "ready"]);
});

test("messages that cross between workers count once for each client that gets them", async () => {
  const clients = await Promise.all(["a", "b", "c", "d"].map(() => connectClient(shoal.url)));
  expect(new Set(clients.map(({ session }) => session.worker))).toEqual(new Set([1, 2]));
  await eventually(async () => {
    const open = (await scrape(shoal.adminUrl)).select("realtime_connections");
    expect(open.reduce((sum, { value }) => sum + value, 0)).toBe(clients.length); // none of another test is left
  });
  const sent = async () => {
    const counted = (await scrape(shoal.adminUrl)).select("realtime_events_total", {
      event: "message",
      direction: "out",
    });
    return counted.reduce((sum, { value }) => sum + value, 0);
  };
  const [from, ...others] = clients;
  const before = await sent();
  const heard = others.map(({ socket }) => once(socket, "message"));
  await emitAck((from as Client).socket, "message", { body: "to all" });
  await Promise.all(heard);

  expect(await sent()).toBe(before + others.length);
});

test("the private port serves nothing of the public one, and the public one no metrics", async () => {
  expect((await call(`${shoal.adminUrl}/hello`)).status).toBe(404);
  for (const path of ["metrics", "livez", "readyz"])
    expect((await call(`${shoal.url}/${path}`)).status).toBe(404);
});

test("a worker that hangs holds up neither probes nor metrics, and is shown", async () => {
  const hung = shoal.workers().get(2) ?? 0;
  process.kill(hung, "SIGSTOP");
  onTestEnd(() => signalIfAlive(hung, "SIGCONT"));

  for (let round = 0; round < 2; round += 1) {
    const [first, second, readiness, liveness] = await Promise.all([
      scrape(shoal.adminUrl),
      scrape(shoal.adminUrl),
      ready(shoal.adminUrl),
      live(shoal.adminUrl),
    ]);
    expect([up(first), up(second)]).toEqual([
      ["1: 1", "2: 0"],
      ["1: 1", "2: 0"],
    ]);
    expect(workersOf(first, "process_resident_memory_bytes")).toEqual(["primary", "1"]);
    expect([readiness, liveness]).toEqual([[200, "ready"], 200]);
  }

  process.kill(hung, "SIGCONT");
  await eventually(async () => expect(up(await scrape(shoal.adminUrl))).toEqual(["1: 1", "2: 1"]));
});

test("killed workers are counted when they are replaced, and without any the instance is not ready", async () => {
  const seen = new Set<unknown>();
  for (const pid of shoal.workerPids()) process.kill(pid, "SIGKILL");
  await eventually(
    async () => {
      seen.add((await ready(shoal.adminUrl))[1]);
      expect(seen).toContain("no workers");
    },
    { everyMs: 1 },
  );
  const metrics = await scrape(shoal.adminUrl);
  expect(up(metrics)).toEqual(["1: 0", "2: 0"]);

  await eventually(async () => expect(await ready(shoal.adminUrl)).toEqual([200, "ready"]), {
    withinMs: 15_000,
  });
  await eventually(
    async () => {
      const after = await scrape(shoal.adminUrl);
      expect(up(after)).toEqual(["1: 1", "2: 1"]);
      for (const name of ["realtime_worker_restarts_total", "realtime_worker_ends_total"])
        expect(after.select(name).map(({ labels, value }) => [labels.worker, value])).toEqual([
          ["1", 1],
          ["2", 1],
        ]);
      expect(after.select("realtime_connections").map(({ value }) => value)).toEqual([0, 0, 0, 0]);
    },
    { withinMs: 15_000 },
  );
});

/** From launch to end, on a wire that makes the start slow. */
async function wholeLife(workers: number): Promise<void> {
  const wire = await startTcpProxy({ target: mongo.target });
  wire.set({ delayMs: 50 });
  const port = await freePort();
  const adminUrl = `http://127.0.0.1:${port}`;
  const env = { ADMIN_PORT: String(port), DRAIN_WINDOW_MS: "3000" };
  const slow = await launchShoal({ workers, mongodbUri: mongo.uriVia(wire), env });
  await eventually(async () => expect(await ready(adminUrl)).toEqual([503, "starting"]), {
    withinMs: 10_000,
    everyMs: 5,
  });
  expect(await live(adminUrl)).toBe(200);
  expect((await scrape(adminUrl)).value("realtime_draining")).toBe(0);

  const { fields } = await slow.waitForLog(logged("ready"), { withinMs: 20_000 });
  expect(fields.admin).toBe(`http://localhost:${port}`);
  await eventually(async () => expect(await ready(adminUrl)).toEqual([200, "ready"]));
  const { socket } = await connectClient(String(fields.url));
  const { socket: other } = await connectClient(String(fields.url));
  const gone = [once(socket, "disconnect", 10_000), once(other, "disconnect", 10_000)];
  process.kill(slow.pid, "SIGTERM");
  await eventually(async () => expect(await ready(adminUrl)).toEqual([503, "draining"]));
  const draining = await scrape(adminUrl);
  expect(draining.value("realtime_draining")).toBe(1);
  expect(await live(adminUrl)).toBe(200);
  expect((await call(`${fields.url}/socket.io/?EIO=4&transport=polling`)).status).toBe(503);
  const refused = (await scrape(adminUrl)).select("realtime_handshakes_total", { result: "draining" });
  expect(refused.reduce((sum, { value }) => sum + value, 0)).toBe(1);
  await Promise.all(gone);
  await expect(slow.expectExit()).resolves.toEqual({ code: 0, signal: null });
}

test("an instance answers probes before it serves and while it drains, with one worker and with two", async () => {
  await Promise.all([wholeLife(1), wholeLife(2)]);
});

test("a worker that drains beside its successor goes on telling, under a name of its own", async () => {
  const env = { DRAIN_WINDOW_MS: "1000" };
  const reloaded = await spawnShoal({ workers: 2, mongodbUri: mongo.uriFor(), env });
  const clients = await Promise.all(
    [1, 2, 3, 4].map(() => connectClient(reloaded.url, { reconnection: true, reconnectionDelay: 50 })),
  );
  const seen = new Set<string | undefined>();
  process.kill(reloaded.pid, "SIGHUP");
  await eventually(
    async () => {
      const metrics = await scrape(reloaded.adminUrl);
      for (const name of workersOf(metrics, "realtime_connections_limit")) seen.add(name);
      const restarts = metrics.select("realtime_worker_restarts_total").map(({ value }) => value);
      expect(restarts).toEqual([1, 1]);
      expect(metrics.select("realtime_worker_ends_total").map(({ value }) => value)).toEqual([0, 0]);
      expect(workersOf(metrics, "realtime_connections_limit")).toEqual(["1", "2"]);
    },
    { withinMs: 20_000 },
  );

  expect([...seen].sort()).toEqual(["1", "1-leaving", "2", "2-leaving"]);
  await eventually(() => expect(clients.filter(({ socket }) => !socket.connected)).toEqual([]));
});

test("with WORKERS=1 the process is measured once, as its only worker", async () => {
  const single = await spawnShoal({ workers: 1, mongodbUri: mongo.uriFor() });
  const metrics = await scrape(single.adminUrl);

  expect(Object.keys(PROMISED).filter((name) => !metrics.types.has(name))).toEqual([]);
  expect(new Set(metrics.samples.map(({ labels }) => labels.worker))).toEqual(new Set(["1"]));
  for (const name of OF_PROCESSES) expect(workersOf(metrics, name)).toEqual(["1"]);
  expect(up(metrics)).toEqual(["1: 1"]);
});

test.each([1, 2])("with WORKERS=%i an ADMIN_PORT in use ends the start with one line", async (workers) => {
  const taken = createServer();
  onTestEnd(() => taken.close());
  const listening = once(taken, "listening");
  taken.listen(0, "127.0.0.1");
  await listening;
  const { port } = taken.address() as AddressInfo;
  const failing = await launchShoal({
    workers,
    mongodbUri: mongo.uriFor(),
    env: { ADMIN_PORT: String(port) },
  });

  await expect(failing.expectExit()).resolves.toEqual({ code: 1, signal: null });
  const fatal = failing.logs.filter(({ fields }) => fields.level === "fatal");
  expect(fatal.map(({ fields }) => fields.msg)).toEqual([
    `ADMIN_PORT ${port} is already in use on 127.0.0.1`,
  ]);
  expect(failing.logs.filter(({ stream }) => stream === "stderr")).toEqual([]);
});
