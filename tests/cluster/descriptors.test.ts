import { readdirSync, statSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { onTestEnd } from "../support/cleanup.js";
import { logged } from "../support/line-log.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { signalIfAlive } from "../support/process-table.js";
import { spawnShoal } from "../support/spawn-shoal.js";
import { eventually, once } from "../support/wait.js";
import { complaints } from "./support/complaints.js";
import { call } from "./support/http-call.js";
import { openPollingSession } from "./support/polling-session.js";
import { openRaw, type RawConnection } from "./support/raw-connection.js";
import { get } from "./support/two-workers.js";

// Descriptors run out: nobody dies of it, and whoever is refused is told so.

/** `ulimit -n` of the instance. */
const LIMIT = 256;
/** Of these, what a worker keeps for all but clients. */
const RESERVE = 64;
const MODES = [
  ["LISTEN=primary", 2, { ROUTING: "forward" }, ["connections get 503: no worker can take them"]],
  // Node itself accepts there: nobody hears of what it closes.
  ["ROUTING=sticky", 2, { ROUTING: "sticky" }, []],
  ["one process", 1, {}, ["connections are closed: the process can take no more"]],
] as const;

let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

/** A connection on which nothing is said; destroyed at the end of the test. */
function openSilent(url: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).on("error", () => {});
  onTestEnd(() => void socket.destroy());
  return socket.resume();
}

describe.each(MODES)("with %s", (_mode, workers, env, told) => {
  test("more connections than descriptors end no process, and there is room again when they have gone", async () => {
    const shoal = await spawnShoal({ workers, mongodbUri: mongo.uriFor(), env, openFiles: LIMIT });
    const warning =
      "MAX_CONNECTIONS_PER_WORKER is more than the limit of open files (ulimit -n) allows; a worker refuses sooner";
    await shoal.waitForLog(logged(warning));
    expect(shoal.logs.filter(logged(warning))).toHaveLength(1); // and not of each worker
    const pids = [shoal.pid, ...shoal.workerPids()];
    const silent: Socket[] = [];
    await eventually(async () => {
      // Some are refused while many come at once, although there is room for them a moment later.
      for (let count = 0; count < LIMIT; count += 1) silent.push(openSilent(shoal.url));
      await eventually(() => expect(silent.filter(({ connecting }) => connecting)).toEqual([]));
      const outcome = await call(`${shoal.url}/hello`).then(
        ({ status }) => String(status),
        (error: NodeJS.ErrnoException) => error.code,
      );
      expect(["503", "ECONNRESET"]).toContain(outcome);
    });

    for (const line of told) await shoal.waitForLog(logged(line));
    for (const socket of silent) socket.destroy();
    await eventually(async () => expect(await call(`${shoal.url}/hello`)).toMatchObject({ status: 200 }));
    expect([shoal.pid, ...shoal.workerPids()]).toEqual(pids);
    expect(complaints(shoal.logs)).toEqual([]);
    expect(await shoal.stop()).toBe(0);
  });
});

test("workers that have no descriptor left for what they are sent, as relays take theirs, are given it again", async () => {
  const shoal = await spawnShoal({ workers: 2, mongodbUri: mongo.uriFor(), openFiles: LIMIT });
  const pids = [shoal.pid, ...shoal.workerPids()];
  const paths: string[] = [];
  while (paths.length < LIMIT * 0.8) paths.push((await openPollingSession(shoal.url)).path);
  // Each poll that goes to the other worker's session costs that worker one more descriptor, and this one two.
  const polling = await Promise.all(
    paths.map(async (path) => {
      const connection = await openRaw(shoal.url);
      connection.socket.write(get("/hello") + get(path));
      return connection;
    }),
  );
  const silent = Array.from({ length: 2 * LIMIT }, () => openSilent(shoal.url));
  await eventually(() => expect(silent.filter(({ connecting }) => connecting)).toEqual([]));

  for (const { socket } of polling) socket.destroy();
  for (const socket of silent) socket.destroy();
  await eventually(async () => expect(await call(`${shoal.url}/hello`)).toMatchObject({ status: 200 }));
  expect([shoal.pid, ...shoal.workerPids()]).toEqual(pids);
  expect(complaints(shoal.logs)).toEqual([]);
});

test("where relays have taken the descriptors, whoever comes is told that there is no room", async () => {
  const shoal = await spawnShoal({ workers: 2, mongodbUri: mongo.uriFor(), openFiles: LIMIT });
  const polls: RawConnection[] = [];
  let refusal: string | undefined;
  while (refusal === undefined && polls.length < 2 * LIMIT) {
    try {
      const { path } = await openPollingSession(shoal.url);
      const connection = await openRaw(shoal.url);
      polls.push(connection);
      // The first request decides which worker has the connection; the second one waits at whoever has the session.
      connection.socket.write(get("/hello") + get(path));
      await connection.receive(/^HTTP\/1.1 (200|503) /);
    } catch (error) {
      refusal = String(error);
    }
  }

  // As far as the system says how many descriptors are open (Linux 6.2), there is always one for an answer.
  const isKnown = statSync("/proc/self/fd").size > 0;
  expect(refusal).toMatch(isKnown ? /^Error: 503 / : /503 |ECONNRESET/);
  const open = shoal.workerPids().map((pid) => readdirSync(`/proc/${pid}/fd`).length);
  if (isKnown) expect(Math.max(...open)).toBeLessThan(LIMIT - RESERVE / 2);
  for (const { socket } of polls) socket.destroy();
  await eventually(async () => expect(await call(`${shoal.url}/hello`)).toMatchObject({ status: 200 }));
  expect(complaints(shoal.logs)).toEqual([]);
});

test("while all workers hang, whoever comes is told that there is no room, and those who wait are served later", async () => {
  const shoal = await spawnShoal({ workers: 2, mongodbUri: mongo.uriFor(), openFiles: LIMIT });
  const pids = shoal.workerPids();
  for (const pid of pids) process.kill(pid, "SIGSTOP");
  onTestEnd(() => {
    for (const pid of pids) signalIfAlive(pid, "SIGCONT");
  });
  const first = call(`${shoal.url}/hello`, { withinMs: 60_000 });
  let outcome: number | undefined;
  const waiting: Socket[] = [];
  for (let count = 0; count < LIMIT && outcome === undefined; count += 1) {
    const socket = openSilent(shoal.url).once("data", (chunk) => {
      outcome ??= Number(String(chunk).slice(9, 12));
    });
    waiting.push(socket);
    await once(socket, "connect");
  }
  await eventually(() => expect(outcome).toBe(503));
  if (statSync("/proc/self/fd").size > 0) {
    // Those that were refused together close one after the other.
    const open = () => readdirSync(`/proc/${shoal.pid}/fd`).length;
    await eventually(() => expect(open()).toBeLessThan(LIMIT - RESERVE / 2));
  }

  for (const pid of pids) process.kill(pid, "SIGCONT");
  expect(await first).toMatchObject({ status: 200 });
  for (const socket of waiting) socket.destroy();
  await eventually(async () => expect(await call(`${shoal.url}/hello`)).toMatchObject({ status: 200 }));
  expect(complaints(shoal.logs)).toEqual([]);
});
