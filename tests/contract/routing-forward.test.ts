import { readdirSync, statSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { call } from "../cluster/support/http-call.js";
import { openPollingSession } from "../cluster/support/polling-session.js";
import { openRaw } from "../cluster/support/raw-connection.js";
import { onTestEnd } from "../support/cleanup.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { fixture } from "../support/program-path.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { eventually, within } from "../support/wait.js";

// A kept-alive connection may carry requests for sessions of any worker; only `forward` leaves it where it is.

let mongo: MongoServer;
let shoal: Shoal;

beforeAll(async () => {
  mongo = await startMongo();
  const env = { ROUTING: "forward", CORS_ORIGIN: "https://app.example" };
  shoal = await spawnShoal({ workers: 2, mongodbUri: mongo.uriFor(), env });
});

test("what only siblings may say is not believed of a client, and their meeting place is this user's only", async () => {
  const headers = {
    "X-Shoal-Client-Address": "192.0.2.66",
    "X-Request-Id": "forged",
  };
  const status = await new Promise((resolve, reject) => {
    request(`${shoal.url}/hello`, { headers, agent: false }, (answer) => {
      answer.resume().once("end", () => resolve(answer.statusCode));
    })
      .once("error", reject)
      .end();
  });
  expect(status).toBe(200);
  const line = await shoal.waitForLog(({ fields }) => fields.requestId === "forged");
  expect(line.fields).toMatchObject({ address: "127.0.0.1" });

  const places = readdirSync(shoal.tmpDir).filter((name) => name.startsWith("shoal-peers-"));
  expect(places).toHaveLength(1);
  const place = statSync(join(shoal.tmpDir, places[0] ?? ""));
  expect({ mode: place.mode & 0o777, uid: place.uid }).toEqual({ mode: 0o700, uid: process.getuid?.() });
});

test("a poll at another worker than its session's is answered at once, so that a browser asks again elsewhere", async () => {
  const [one, other] = [await openPollingSession(shoal.url), await openPollingSession(shoal.url)];
  expect(one.worker).not.toBe(other.worker);
  const ask = (path: string, origin: string) =>
    `GET ${path} HTTP/1.1\r\nHost: shoal\r\nOrigin: ${origin}\r\n\r\n`;
  for (const [origin, allowed] of [
    ["https://app.example", true],
    ["https://evil.example", false],
  ] as const) {
    const connection = await openRaw(shoal.url);
    connection.socket.write(`POST ${other.path} HTTP/1.1\r\nHost: shoal\r\nContent-Length: 1\r\n\r\n3`);
    await connection.receive(/ok$/);
    connection.socket.write(ask(one.path, origin));
    const [, answer = ""] = (await within(connection.closed, 2000, "the end of the connection")).split("ok");
    expect(answer).toMatch(/^HTTP\/1.1 200 [\s\S]*Connection: close[\s\S]*\r\n\r\n6$/);
    expect(answer.includes(`Access-Control-Allow-Origin: ${origin}`)).toBe(allowed);
  }
});

test("without the internals that it needs, sticky serves, and one line says so", async () => {
  const env = { ROUTING: "forward", NODE_OPTIONS: `--require ${fixture("other-node.cjs")}` };
  const fallen = await spawnShoal({ workers: 2, mongodbUri: mongo.uriFor(), env });
  const warnings = fallen.logs.filter(({ fields }) => fields.level === "warn");
  expect(warnings.map(({ fields }) => fields.missing)).toEqual([["child_process _pendingMessage"]]);
  const sessions = [await openPollingSession(fallen.url), await openPollingSession(fallen.url)];
  expect(sessions.map(({ path }) => /sid=\d+\./.test(path))).toEqual([false, false]);
});

// Last: the worker that hung counts as overloaded for a while, and refuses handshakes.
test("a request for a session of a worker that hangs is answered in bounded time, and others at once", async () => {
  const [one, other] = [await openPollingSession(shoal.url), await openPollingSession(shoal.url)];
  expect(new Set([one.worker, other.worker])).toEqual(new Set([1, 2]));
  const hung = shoal.workers().get(one.worker) ?? 0;
  // On a connection that begins at the worker that goes on, which keeps it.
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestEnd(() => agent.destroy());
  expect(await call(shoal.url + other.path, { agent, text: "3" })).toMatchObject({ status: 200 });

  process.kill(hung, "SIGSTOP");
  onTestEnd(() => process.kill(hung, "SIGCONT"));
  const posted = await call(shoal.url + one.path, { agent, text: "3", withinMs: 9000 });
  expect(posted).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
  expect(await call(shoal.url + other.path, { agent, text: "3" })).toMatchObject({ status: 200 });

  process.kill(hung, "SIGCONT");
  await eventually(async () => expect(await call(`${shoal.url}/hello`)).toMatchObject({ status: 200 }));
});
