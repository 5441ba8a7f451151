import { Agent } from "node:http";
import { complaints } from "../cluster/support/complaints.js";
import { call } from "../cluster/support/http-call.js";
import { openPollingSession } from "../cluster/support/polling-session.js";
import { openRaw, type RawConnection } from "../cluster/support/raw-connection.js";
import { exchange, get, post, startTwoWorkers, type TwoWorkers } from "../cluster/support/two-workers.js";
import { onTestEnd } from "../support/cleanup.js";
import { logged } from "../support/line-log.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { signalIfAlive } from "../support/process-table.js";
import { spawnShoal } from "../support/spawn-shoal.js";
import { eventually } from "../support/wait.js";

// What only `forward` does: connections stay open, and each request gets the answer of the worker that has its session.

let mongo: MongoServer;
let shoal: TwoWorkers;

beforeAll(async () => {
  mongo = await startMongo();
  shoal = await startTwoWorkers(mongo.uriFor());
});

/** More than a body may have with the limits that are the default. */
const BEYOND_LIMIT_BYTES = 300_000;

test("one connection serves sessions of all workers and everything else, and stays open", async () => {
  const [one, other] = await shoal.sessions();
  const connection = await openRaw(shoal.url);
  for (const round of [0, 1, 2]) {
    for (const { path } of [one, other]) {
      const posted = await exchange(connection, post(path, `42${round}["join",{"room":"shared"}]`));
      expect(posted).toMatch(/^HTTP\/1.1 200 [\s\S]*ok$/);
      expect(posted).not.toMatch(/connection: close/i);
      expect(await exchange(connection, get("/hello"))).toMatch(/^HTTP\/1.1 200 [\s\S]*Hello/);
      const polled = await exchange(connection, get(path));
      expect(polled).toContain(`43${round}[{"ok":true,"room":"shared"}]`);
    }
  }
});

test("a request whose first line comes in pieces finds its session", async () => {
  const [one, other] = await shoal.sessions();
  const connection = await openRaw(shoal.url);
  for (const { path } of [one, other, one]) {
    const whole = post(path, "3");
    const parts = [whole.slice(0, 3), whole.slice(3, 40), whole.slice(40, path.length + 2)];
    expect(await exchange(connection, ...parts, whole.slice(path.length + 2))).toMatch(/^HTTP\/1.1 200 /);
  }
});

test.each(["Content-Length", "Transfer-Encoding"])(
  "a body that comes slowly finds its session on a connection that goes on, with %s",
  async (kind) => {
    const [one, other] = await shoal.sessions();
    const connection = await openRaw(shoal.url);
    for (const session of [one, other, one]) {
      const body = `421["join",{"room":"slow-${session.worker}"}]`;
      const chunks = [body.slice(0, 7), body.slice(7)];
      const isChunked = kind === "Transfer-Encoding";
      const frame = (chunk: string) => (isChunked ? `${chunk.length.toString(16)}\r\n${chunk}\r\n` : chunk);
      const head = `POST ${session.path} HTTP/1.1\r\nHost: shoal\r\n${kind}: ${isChunked ? "chunked" : body.length}\r\n\r\n`;
      const parts = [head, ...chunks.map(frame), ...(isChunked ? ["0\r\n\r\n"] : [])];
      expect(await exchange(connection, ...parts)).toMatch(/^HTTP\/1.1 200 [\s\S]*ok$/);
      expect(await session.poll()).toEqual([`431[{"ok":true,"room":"slow-${session.worker}"}]`]);
    }
  },
);

test("a body beyond the limit is refused by the session's worker, wherever its connection ended", async () => {
  for (const _ of [0, 1]) {
    for (const { path } of await shoal.sessions()) {
      const connection = await openRaw(shoal.url);
      connection.socket.write(post(path, "x".repeat(BEYOND_LIMIT_BYTES)));
      await connection.receive(/^HTTP\/1.1 413 /);
      connection.socket.destroy();
    }
  }
  expect(complaints(shoal.logs)).toEqual([]);
});

test("a client that goes away within a body ends its session and nothing else, wherever its connection ended", async () => {
  for (const _ of [0, 1]) {
    const [one, other] = await shoal.sessions();
    const connection = await openRaw(shoal.url);
    await connection.sendPacket(post(one.path, "4".repeat(1000)).slice(0, -500));
    connection.socket.destroy();
    const gone = async () => expect((await call(shoal.url + one.path, { text: "3" })).status).toBe(404);
    await eventually(gone);
    await other.send('421["leave",{"room":"none"}]');
    expect(await other.poll()).toEqual(['431[{"ok":true,"room":"none"}]']);
  }
  expect(complaints(shoal.logs)).toEqual([]);
});

test("what looks like a request within a body goes nowhere", async () => {
  const [one, other] = await shoal.sessions();
  const connection = await openRaw(shoal.url);
  // Refused before the body is there: what follows is still the body, although there is an answer.
  const type = "Content-Type: a/b\r\nContent-Length: 9999";
  connection.socket.write(`POST /hello HTTP/1.1\r\nHost: shoal\r\n${type}\r\n\r\n`);
  await connection.receive(/^HTTP\/1.1 415 /);
  for (const { path } of [one, other])
    await connection.sendPacket(post(path, '421["join",{"room":"smuggled"}]'));
  connection.socket.destroy();
  for (const session of [one, other]) {
    await session.send('429["leave",{"room":"none"}]');
    expect(await session.poll()).toEqual(['439[{"ok":true,"room":"none"}]']);
  }
});

test("a session whose worker has ended is unknown, on any connection", async () => {
  const own = await spawnShoal({ workers: 2, mongodbUri: mongo.uriFor(), env: { ROUTING: "forward" } });
  const [one, other] = [await openPollingSession(own.url), await openPollingSession(own.url)];
  process.kill(own.workers().get(one.worker) ?? 0, "SIGKILL");
  await own.waitForLog(logged("worker ended", { worker: one.worker }));
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestEnd(() => agent.destroy());
  for (const text of ["3", "2"]) {
    expect(await call(own.url + other.path, { agent, text })).toMatchObject({ status: 200 });
    expect(await call(own.url + one.path, { agent, text })).toMatchObject({ status: 404 });
  }
});

test("idle connections of a worker that ends are closed between two requests, and those of the others go on", async () => {
  const own = await spawnShoal({ workers: 2, mongodbUri: mongo.uriFor(), env: { ROUTING: "forward" } });
  const connections = await Promise.all([0, 1].map(() => openRaw(own.url)));
  const answers = await Promise.all(connections.map((connection) => exchange(connection, get("/health"))));
  const leaver = answers.findIndex((answer) => answer.includes('"worker":1'));
  process.kill(own.workers().get(1) ?? 0, "SIGTERM");
  expect(await connections[leaver]?.closed).toBe(answers[leaver]);
  await own.waitForLog(logged("worker ended", { worker: 1, kind: "left" }));
  const other = connections[1 - leaver] as RawConnection;
  expect(await exchange(other, get("/health"))).toMatch(/^HTTP\/1.1 200 [\s\S]*"worker":2/);
});

test("a request of which a worker that ends has read the beginning is answered", async () => {
  // A tenth of it is what the rest of such a request may take, however slow the machine is.
  const env = { ROUTING: "forward", SHUTDOWN_TIMEOUT_MS: "600000" };
  const own = await spawnShoal({ workers: 2, mongodbUri: mongo.uriFor(), env });
  const connections = await Promise.all([0, 1].map(() => openRaw(own.url)));
  for (const connection of connections) {
    expect(await exchange(connection, get("/hello"))).toMatch(/^HTTP\/1.1 200 /);
    await connection.sendPacket(get("/hello").slice(0, 9));
  }
  process.kill(own.workers().get(1) ?? 0, "SIGTERM");
  const rest = get("/hello").slice(9);
  for (const connection of connections)
    expect(await exchange(connection, rest)).toMatch(/^HTTP\/1.1 200 [\s\S]*Hello/);
  await own.waitForLog(logged("worker ended", { worker: 1, kind: "left" }));
});

// Last: the worker that hung counts as overloaded for a while, and refuses handshakes.
test("a worker that hangs keeps the requests of its sessions, and of nobody else", async () => {
  const [one, other] = await shoal.sessions();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestEnd(() => agent.destroy());
  const hung = shoal.workers().get(one.worker) ?? 0;
  expect(await call(shoal.url + other.path, { agent, text: "3" })).toMatchObject({ status: 200 });

  process.kill(hung, "SIGSTOP");
  onTestEnd(() => signalIfAlive(hung, "SIGCONT"));
  const posted = call(shoal.url + one.path, { text: "3" });
  for (const _ of [0, 1, 2])
    expect(await call(shoal.url + other.path, { agent, text: "3" })).toMatchObject({ status: 200 });
  process.kill(hung, "SIGCONT");
  expect(await posted).toMatchObject({ status: 200 });
  expect(await call(`${shoal.url}/hello`)).toMatchObject({ status: 200 });
});
