import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { WebSocket, WebSocketServer } from "ws";
import { checksOf } from "../../src/cli/doctor/checks.js";
import { onTestEnd } from "../support/cleanup.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { type RoundRobinFaults, startRoundRobin } from "../support/nginx-round-robin.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { tempDir } from "../support/temp-dir.js";

const ORIGIN_HEADER = "Access-Control-Allow-Origin";
/** So much a WebSocket's proxy lets through whose buffer is a page of memory. */
const PAGE_BYTES = 4096;

let mongo: MongoServer;
let worker: RunningWorker;

beforeAll(async () => {
  mongo = await startMongo();
  const env = { AUTH: "jwt", AUTH_SECRET: "s".repeat(32), CORS_ORIGIN: "https://app.example.com" };
  worker = await startWorker({ mongodbUri: mongo.uriFor(), env });
});

/** What the check finds through the public address, with time to see a WebSocket cut. */
async function found(name: string, url: string) {
  const environment = { MONGODB_URI: "", AUTH: "none" };
  const checks = checksOf({ environment, url, idleMs: 1500, patienceMs: 10_000, dateMs: Date.now });
  return checks.find((check) => check.name === name)?.run();
}

async function throughNginx(name: string, faults: RoundRobinFaults) {
  const { url } = await startRoundRobin([worker.url], faults);
  return found(name, url);
}

/** Of a WebSocket's messages, by their bytes, and of its end. */
interface Treatment {
  readonly up?: (bytes: number) => boolean;
  readonly down?: (bytes: number) => boolean;
  /** Closes the connection instead of losing the message. */
  readonly cuts?: boolean;
  readonly closeAfterMs?: number;
}

/** A proxy of WebSockets alone that loses what it does not pass on. */
async function webSocketProxy({ up, down, cuts = true, closeAfterMs }: Treatment): Promise<string> {
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  onTestEnd(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.close();
  });
  sockets.on("connection", (near, { url }) => {
    const far = new WebSocket(`${worker.url.replace(/^http/, "ws")}${url}`);
    const pass = (from: WebSocket, to: WebSocket, passes: Treatment["up"]) =>
      from.on("message", (data: Buffer) => {
        if (passes?.(data.length) ?? true) to.send(String(data));
        else if (cuts) near.close(1009);
      });
    pass(near, far, up);
    pass(far, near, down);
    near.on("close", () => far.terminate());
    far.on("close", () => near.close());
    if (closeAfterMs !== undefined) setTimeout(() => near.close(), closeAfterMs);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("a proxy that keeps Authorization to itself is found out without a key or a token", async () => {
  expect(await throughNginx("authorization", {})).toMatchObject({ status: "ok" });
  expect(
    await throughNginx("authorization", { location: "proxy_set_header Authorization '';" }),
  ).toMatchObject({
    status: "fail",
    message: expect.stringContaining("Authorization does not arrive"),
    advice: expect.stringContaining("pass on Authorization"),
  });
});

test("where /v1/key is kept from the public, nothing is said of Authorization", async () => {
  const http = "map $request_uri $hidden { default 0; ~^/v1/ 1; }";
  const location = "proxy_buffering off; if ($hidden) { return 404; }";

  expect(await throughNginx("authorization", { http, location })).toMatchObject({
    status: "ok",
    message: expect.stringContaining("could not be looked at"),
  });
});

test.each(["1s", "1m"])("a proxy that keeps answers for %s is found out", async (time) => {
  const http = `proxy_cache_path ${join(await tempDir("cache"), "files")} keys_zone=kept:1m;`;
  const kept = `proxy_cache kept; proxy_cache_valid 200 ${time}; proxy_ignore_headers Cache-Control Vary;`;

  expect(await throughNginx("cache", { http, location: kept })).toMatchObject({
    status: "fail",
    message: expect.stringContaining("an answer is given again"),
  });
  const named = `${kept} proxy_hide_header X-Request-Id; add_header X-Request-Id $request_id;`;
  if (time !== "1s")
    expect(await throughNginx("cache", { http, location: named })).toMatchObject({ status: "fail" });
});

test("a proxy that lets browsers keep answers is found out, and one that keeps nothing is not", async () => {
  expect(await throughNginx("cache", {})).toMatchObject({ status: "ok" });
  const location = "proxy_hide_header Cache-Control; add_header Cache-Control 'public, max-age=60';";
  expect(await throughNginx("cache", { location })).toMatchObject({
    status: "warn",
    message: expect.stringContaining('"public, max-age=60"'),
  });
});

test.each([
  ["adds one that allows all", `add_header ${ORIGIN_HEADER} * always;`, "more than one"],
  ["adds the same", `add_header ${ORIGIN_HEADER} $http_origin always;`, "more than one"],
  [
    "replaces it by all",
    `proxy_hide_header ${ORIGIN_HEADER}; add_header ${ORIGIN_HEADER} * always;`,
    'is "*"',
  ],
  ["takes it away", `proxy_hide_header ${ORIGIN_HEADER};`, "is missing"],
])("a proxy that has CORS headers of its own and %s is found out", async (_what, location, message) => {
  expect(await throughNginx("headers", { location })).toMatchObject({
    status: "fail",
    message: expect.stringContaining(message),
    advice: expect.stringContaining("CORS_ORIGIN"),
  });
});

test.each<[string, Treatment]>([
  ["of clients", { up: (bytes) => bytes <= PAGE_BYTES }],
  ["of the server", { down: (bytes) => bytes <= PAGE_BYTES }],
  ["of clients, in silence,", { up: (bytes) => bytes <= PAGE_BYTES, cuts: false }],
])("a proxy that takes no WebSocket messages %s above 4 KiB is found out", async (_of, treatment) => {
  expect(await found("message size", await webSocketProxy({}))).toMatchObject({ status: "ok" });
  expect(await found("message size", await webSocketProxy(treatment))).toMatchObject({
    status: "fail",
    message: expect.stringMatching(/a WebSocket message of 65536 bytes, which .* does not come through/),
    advice: expect.stringContaining("MESSAGE_LIMIT_BYTES"),
  });
});

test("a WebSocket that is cut early is the proxy's doing also where the server wants a token", async () => {
  expect(await found("idle", await webSocketProxy({}))).toMatchObject({ status: "ok" });
  expect(await found("idle", await webSocketProxy({ closeAfterMs: 300 }))).toMatchObject({
    status: "fail",
    message: expect.stringContaining("a WebSocket was cut after"),
  });
});

test("whoever is over the rate of his address is told of that, and of TRUST_PROXY, not of Host or Upgrade", async () => {
  const env = { AUTH: "none", CORS_ORIGIN: "https://app.example.com" };
  const rates = { RATE_IP_HANDSHAKES: "1,1", RATE_IP_REQUESTS: "1,1" };
  const limited = await startWorker({ mongodbUri: mongo.uriFor(), env: { ...env, ...rates } });
  const { url } = await startRoundRobin([limited.url]);
  const ask = () => fetch(`${url}/socket.io/?EIO=4&transport=polling`).then(({ status }) => status);
  // The clock goes on meanwhile, and may have let the check in.
  const overHandshakes = async (name: string): ReturnType<typeof found> => {
    while ((await ask()) !== 429);
    const finding = await found(name, url);
    return finding?.status === "ok" ? overHandshakes(name) : finding;
  };

  for (const name of ["polling", "headers", "upgrade"]) {
    const finding = await overHandshakes(name);
    expect(finding).toMatchObject({
      status: "fail",
      message: expect.stringMatching(/status 429: .* is over RATE_IP_HANDSHAKES or RATE_IP_REQUESTS$/),
      advice: expect.stringContaining("TRUST_PROXY"),
      see: "docs/runbook.md#clients-are-over-their-limits",
    });
    expect(finding?.advice).not.toMatch(/Host|Upgrade|affinity|CORS_ORIGIN|compare with/);
  }
});

test("a limit of the proxy itself is told apart from those of Shoal", async () => {
  const location = "return 429;";

  for (const name of ["public address", "polling", "headers", "upgrade", "authorization", "body size"]) {
    const finding = await throughNginx(name, { location });
    expect(finding).toMatchObject({
      status: "fail",
      message: expect.stringMatching(/status 429: .* over a limit of the proxy$/),
      advice: expect.stringContaining("limit_req"),
    });
    expect(finding?.message).not.toContain("RATE_IP");
    expect(finding?.advice).not.toMatch(/Host|Upgrade|client_max_body_size/);
  }
});
