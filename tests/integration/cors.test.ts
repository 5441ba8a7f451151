import { io } from "socket.io-client";
import { onTestEnd } from "../support/cleanup.js";
import { logged } from "../support/line-log.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { startWorker } from "../support/start-worker.js";
import { once } from "../support/wait.js";

const APP = "https://app.example.com";
const FOREIGN = "https://evil.example.com";
let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

/** A worker that allows these foreign origins; "none" for its own only. */
async function serving(corsOrigin: string): Promise<string> {
  const env: Record<string, string> =
    corsOrigin === "none" ? { NODE_ENV: "production", AUTH: "none" } : { CORS_ORIGIN: corsOrigin };
  const worker = await startWorker({ mongodbUri: mongo.uriFor(), env });
  return worker.url;
}

async function allowedByHttp(url: string, origin: string): Promise<boolean> {
  const headers = { Origin: origin, "Access-Control-Request-Method": "POST" };
  const answers = await Promise.all([
    fetch(`${url}/hello`, { headers: { Origin: origin } }),
    fetch(`${url}/hello`, { method: "OPTIONS", headers }),
  ]);
  const granted = answers.map((answer) => answer.headers.get("Access-Control-Allow-Origin"));
  expect(new Set(granted.map((value) => value === null)).size).toBe(1);
  return granted.every((value) => value === origin || value === "*");
}

/** The outcome of a handshake as a browser's page of that origin would make it. */
async function allowedBySocket(url: string, transport: string, origin: string | undefined): Promise<boolean> {
  const extraHeaders = origin === undefined ? {} : { Origin: origin };
  const socket = io(url, { transports: [transport], extraHeaders, reconnection: false, forceNew: true });
  onTestEnd(() => socket.disconnect());
  const connected = once(socket, "connect").then(() => true);
  const refused = once(socket, "connect_error").then(() => false);
  connected.catch(() => {});
  refused.catch(() => {});
  return Promise.race([connected, refused]);
}

test("a handshake that is refused for its origin is told in the log with the origin, once for many", async () => {
  const worker = await startWorker({ mongodbUri: mongo.uriFor(), env: { CORS_ORIGIN: APP } });
  for (let times = 0; times < 3; times += 1)
    expect(await allowedBySocket(worker.url, "websocket", FOREIGN)).toBe(false);
  expect(await allowedBySocket(worker.url, "websocket", APP)).toBe(true);

  const isRefusal = logged("handshakes from an origin are refused: CORS_ORIGIN does not have it");
  const { fields } = await worker.waitForLog(isRefusal);
  expect(fields).toMatchObject({ origin: FOREIGN, count: 1 });
  expect(worker.logs.filter(isRefusal)).toHaveLength(1);
});

describe("foreign origins", () => {
  test.each([
    ["one that is named", APP, APP, true],
    ["one of a list", `https://other.example.com,${APP}`, APP, true],
    ["any, with *", "*", FOREIGN, true],
    ["one that is not named", APP, FOREIGN, false],
    ["a subdomain of one that is named", "https://example.com", APP, false],
    ["the same host by another scheme", APP, "http://app.example.com", false],
    ["any, by default in production", "none", APP, false],
    ["the origin of a sandboxed page", APP, "null", false],
  ])("%s", async (_what, configured, origin, allowed) => {
    const url = await serving(configured);

    expect(await allowedByHttp(url, origin)).toBe(allowed);
    expect(await allowedBySocket(url, "websocket", origin)).toBe(allowed);
    expect(await allowedBySocket(url, "polling", origin)).toBe(allowed);
  });

  test("the service's own pages and what is no browser always connect", async () => {
    const url = await serving("none");

    expect(await allowedBySocket(url, "websocket", url)).toBe(true);
    expect(await allowedBySocket(url, "polling", url)).toBe(true);
    expect(await allowedBySocket(url, "websocket", undefined)).toBe(true);
  });
});

test("an answer that depends on the origin says so to caches, also when it grants nothing", async () => {
  const url = await serving(APP);

  for (const headers of [{ Origin: APP }, { Origin: FOREIGN }, {}]) {
    const answer = await fetch(`${url}/hello`, { headers });
    expect(answer.headers.get("Vary")).toBe("Origin");
  }
});

test("a handshake is refused as forbidden", async () => {
  const url = await serving(APP);

  const answer = await fetch(`${url}/socket.io/?EIO=4&transport=polling`, { headers: { Origin: FOREIGN } });

  expect(answer.status).toBe(403);
});

/** What a request of this origin is granted, by HTTP and by Socket.IO, by preflight and by itself. */
async function grants(url: string, origin: string): Promise<(string | null)[]> {
  const headers = { Origin: origin };
  const preflight = { Origin: origin, "Access-Control-Request-Method": "POST" };
  const polling = `${url}/socket.io/?EIO=4&transport=polling`;
  const answers = await Promise.all([
    fetch(`${url}/hello`, { headers }),
    fetch(`${url}/hello`, { method: "OPTIONS", headers: preflight }),
    fetch(polling, { headers }),
    fetch(polling, { method: "OPTIONS", headers: preflight }),
  ]);
  return answers.map((answer) => answer.headers.get("Access-Control-Allow-Credentials"));
}

test("listed origins may send cookies, which affinity by cookie needs", async () => {
  const url = await serving(`${APP},capacitor://localhost,https://*.example.org`);

  for (const origin of [APP, "capacitor://localhost", "https://a.example.org"])
    expect(await grants(url, origin)).toEqual(["true", "true", "true", "true"]);
  expect(await grants(url, FOREIGN)).toEqual([null, null, null, null]);
});

test("where all origins may call, none may send cookies", async () => {
  expect(await grants(await serving("*"), APP)).toEqual([null, null, null, null]);
});
