import { connect, type Socket } from "node:net";
import { onTestEnd } from "../support/cleanup.js";
import { logged } from "../support/line-log.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { spawnShoal } from "../support/spawn-shoal.js";
import { eventually } from "../support/wait.js";
import { complaints } from "./support/complaints.js";
import { call } from "./support/http-call.js";
import { openPollingSession } from "./support/polling-session.js";
import { openRaw } from "./support/raw-connection.js";
import { get } from "./support/two-workers.js";

// Descriptors run out: nobody dies of it, and whoever is refused is told so.

/** `ulimit -n` of the instance. */
const LIMIT = 256;
const MODES = [
  ["LISTEN=primary", 2, { ROUTING: "forward" }],
  ["ROUTING=sticky", 2, { ROUTING: "sticky" }],
  ["one process", 1, {}],
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

describe.each(MODES)("with %s", (_mode, workers, env) => {
  test("more connections than descriptors end no process, and there is room again when they have gone", async () => {
    const shoal = await spawnShoal({ workers, mongodbUri: mongo.uriFor(), env, openFiles: LIMIT });
    await shoal.waitForLog(
      logged(
        "MAX_CONNECTIONS_PER_WORKER is more than the limit of open files (ulimit -n) allows; a worker refuses sooner",
      ),
    );
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
