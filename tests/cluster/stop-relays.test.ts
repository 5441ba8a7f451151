import { onTestEnd } from "../support/cleanup.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { isAlive, signalIfAlive } from "../support/process-table.js";
import { eventually, within } from "../support/wait.js";
import { complaints } from "./support/complaints.js";
import { openRaw } from "./support/raw-connection.js";
import { get, post, startTwoWorkers } from "./support/two-workers.js";

// What a stop without a window owes to requests that one worker has taken for another one.

const STATUS = /^HTTP\/1\.1 (\d+)/;
let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

test("two workers that hold polls for each other say good-bye to both clients", async () => {
  const shoal = await startTwoWorkers(mongo.uriFor());
  const [one, other] = await shoal.sessions();
  const connections = [await shoal.connectionAt(2), await shoal.connectionAt(1)];
  const before = connections.map(({ received }) => received().length);
  for (const [index, { path }] of [one, other].entries()) await connections[index]?.sendPacket(get(path));

  process.kill(shoal.pid, "SIGTERM");

  const answers = await Promise.all(connections.map(({ closed }) => within(closed, 20_000, "an answer")));
  expect(answers.map((answer, index) => STATUS.exec(answer.slice(before[index]))?.[1])).toEqual([
    "200",
    "200",
  ]);
  await expect(shoal.expectExit()).resolves.toEqual({ code: 0, signal: null });
  expect(complaints(shoal.logs)).toEqual([]);
});

test("a connection that asks the last worker for a session of one that has ended is told so", async () => {
  const shoal = await startTwoWorkers(mongo.uriFor(), { SHUTDOWN_TIMEOUT_MS: "60000" });
  const [one] = await shoal.sessions();
  const [first = 0, last = 0] = shoal.workerPids();
  // One at each worker, on which nothing was asked: each is waited for.
  const silent = [await openRaw(shoal.url), await openRaw(shoal.url)];
  process.kill(last, "SIGSTOP");
  onTestEnd(() => signalIfAlive(last, "SIGCONT"));

  process.kill(shoal.pid, "SIGTERM");
  await eventually(() => expect(isAlive(first)).toBe(false));
  for (const { socket } of silent) socket.write(get(one.path));
  signalIfAlive(last, "SIGCONT");

  const answers = await Promise.all(silent.map(({ closed }) => within(closed, 20_000, "an answer")));
  expect(answers.map((answer) => STATUS.exec(answer)?.[1]).filter(Boolean)).toEqual(["404"]);
  await expect(shoal.expectExit()).resolves.toEqual({ code: 0, signal: null });
});

test("a packet for a worker that does not answer any more gets 504 at the stop, and no broken connection", async () => {
  const shoal = await startTwoWorkers(mongo.uriFor(), { SHUTDOWN_TIMEOUT_MS: "5000" });
  const [one] = await shoal.sessions();
  const connection = await shoal.connectionAt(2);
  const before = connection.received().length;
  const hung = shoal.workers().get(1) ?? 0;
  process.kill(hung, "SIGSTOP");
  onTestEnd(() => signalIfAlive(hung, "SIGCONT"));
  connection.socket.write(post(one.path, "2"));

  process.kill(shoal.pid, "SIGTERM");

  const answer = (await within(connection.closed, 20_000, "an answer")).slice(before);
  expect(STATUS.exec(answer)?.[1]).toBe("504");
  await shoal.expectExit();
});
