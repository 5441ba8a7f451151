import type { RequestListener, ServerResponse } from "node:http";
import { connect } from "node:net";
import { createAdminServer, type Readiness } from "../../src/engine/admin/admin-server.js";
import type { Listener } from "../../src/engine/process/listener.js";
import { StartError } from "../../src/engine/process/start-error.js";
import { call } from "../cluster/support/http-call.js";
import { onTestEnd } from "../support/cleanup.js";
import { openRaw } from "../support/raw-tcp.js";
import { deferred, eventually, once } from "../support/wait.js";

let readiness: Readiness;
let operate: RequestListener | undefined;
let metrics: () => Promise<{ type: string; text: string }>;

beforeEach(() => {
  readiness = "ready";
  operate = (_request, response) => void response.writeHead(404).end();
  metrics = async () => ({ type: "text/plain; version=0.0.4", text: "up 1\n" });
});

function server(port = 0): Listener {
  const created = createAdminServer("127.0.0.1", port, {
    readiness: () => readiness,
    metrics: () => metrics(),
    operate: () => operate,
    page: (_request, response) => void response.writeHead(404).end(),
  });
  onTestEnd(created.stop);
  return created;
}

async function start(): Promise<string> {
  const created = server();
  await created.start();
  return created.url().replace("localhost", "127.0.0.1");
}

test.each<[Readiness, number]>([
  ["starting", 503],
  ["ready", 200],
  ["draining", 503],
  ["no workers", 503],
])("while an instance is %s, /readyz says so with %i and /livez stays 200", async (state, status) => {
  const url = await start();
  readiness = state;

  const ready = await call(`${url}/readyz?from=probe`);
  expect([ready.status, JSON.parse(ready.body)]).toEqual([status, { status: state }]);
  const live = await call(`${url}/livez`);
  expect([live.status, JSON.parse(live.body)]).toEqual([200, { status: "ok" }]);
  expect(live.headers["cache-control"]).toBe("no-store");
});

test("/metrics is the text, in its type", async () => {
  const { status, headers, body } = await call(`${await start()}/metrics`);

  expect([status, headers["content-type"], body]).toEqual([200, "text/plain; version=0.0.4", "up 1\n"]);
});

test("metrics that cannot be had are a 500 without a word about why", async () => {
  metrics = () => Promise.reject(new Error("geheim"));
  const { status, body } = await call(`${await start()}/metrics`);

  expect(status).toBe(500);
  expect(body).not.toContain("geheim");
});

test("there is nothing else, and nothing to be changed", async () => {
  const url = await start();

  expect((await call(`${url}/`)).status).toBe(404);
  expect((await call(`${url}/hello`)).status).toBe(404);
  const posted = await call(`${url}/livez`, { json: "{}" });
  expect([posted.status, posted.headers.allow]).toEqual([405, "GET, HEAD"]);
});

test.each([
  ["http://127.0.0.1/livez", 200],
  ["http://[::1/livez", 400],
])("the target may be a whole URL, and must be one: %s", async (target, status) => {
  const raw = await openRaw(await start());

  raw.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);

  expect(await raw.readToEnd()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
});

test("HEAD is GET without the body", async () => {
  const response = await fetch(`${await start()}/livez`, { method: "HEAD" });

  expect([response.status, response.headers.get("content-length"), await response.text()]).toEqual([
    200,
    "16",
    "",
  ]);
});

test("a header that is too large is refused", async () => {
  const response = await fetch(`${await start()}/livez`, { headers: { "X-Long": "x".repeat(9000) } });

  expect(response.status).toBe(431);
});

test("a port in use is told with the variable to change", async () => {
  const { port } = new URL(await start());

  const failure = await server(Number(port))
    .start()
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(StartError);
  expect(failure).toHaveProperty("message", `ADMIN_PORT ${port} is already in use on 127.0.0.1`);
});

test("a stop waits for nobody: not for kept-alive connections, nor for answers that do not come", async () => {
  const asked = deferred();
  metrics = () => {
    asked.resolve();
    return new Promise(() => {});
  };
  const created = server();
  await created.start();
  const { port } = new URL(created.url());
  const closed = ["/livez", "/metrics"].map(async (path) => {
    const connection = connect(Number(port), "127.0.0.1");
    onTestEnd(() => connection.destroy());
    connection.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    connection.resume();
    await once(connection, "close");
  });
  await asked.promise;

  await created.stop();
  await Promise.all(closed);
});

test("operators who wait for answers keep nobody from what needs no worker", async () => {
  const waiting: (() => void)[] = [];
  operate = (_request, response) => void waiting.push(() => response.end("late"));
  const url = await start();
  // As many as the port has connections, each of which would be kept alive.
  const operators = await Promise.all(Array.from({ length: 100 }, () => openRaw(url)));
  const answers = operators.map(async (operator) => {
    operator.write("GET /rooms HTTP/1.1\r\nHost: x\r\n\r\n");
    return (await operator.readToEnd()).slice(0, "HTTP/1.1 503".length);
  });

  for (const path of ["/livez", "/readyz", "/metrics"]) {
    await eventually(async () => expect((await call(url + path)).status).toBe(200));
  }

  const served = waiting.length;
  for (const end of waiting) end();
  const statuses = (await Promise.all(answers)).sort();
  expect(served).toBeGreaterThan(0);
  expect(statuses).toEqual([
    ...Array(served).fill("HTTP/1.1 200"),
    ...Array(100 - served).fill("HTTP/1.1 503"),
  ]);
  const next = call(`${url}/rooms`);
  await eventually(() => expect(waiting).toHaveLength(served + 1));
  waiting.at(-1)?.();
  expect((await next).status).toBe(200);
});

test("what operators ask besides is answered by whoever can, and refused as temporary while nobody is there", async () => {
  const url = await start();
  operate = (request, response) => void response.end(`${request.method} ${request.url}`);

  expect(await call(`${url}/rooms?a=1`, { json: "{}" })).toMatchObject({
    status: 200,
    body: "POST /rooms?a=1",
  });
  operate = undefined;
  const { status, headers, body } = await call(`${url}/constructor`);

  expect({ status, retryAfter: headers["retry-after"] }).toEqual({ status: 503, retryAfter: "1" });
  expect(JSON.parse(body)).toMatchObject({
    error: { code: "temporary", temporary: true, retryAfterMs: 1000 },
  });
});

test("requests of operators that are sent without waiting take no place of others for longer than their connection lasts", async () => {
  const url = await start();
  const two = "GET /v1/users HTTP/1.1\r\nHost: shoal\r\n\r\n".repeat(2);
  for (let connection = 0; connection < 20; connection += 1) {
    const { write, readToEnd } = await openRaw(url);
    write(two);
    expect((await readToEnd()).match(/HTTP\/1.1 404 /g)).toHaveLength(1);
  }

  const open: ServerResponse[] = [];
  operate = (_request, response) => {
    open.push(response);
    if (open.length === 20) for (const one of open) one.writeHead(404).end();
  };
  const answers = await Promise.all(Array.from({ length: 20 }, () => call(`${url}/v1/users`)));
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(404));
});
