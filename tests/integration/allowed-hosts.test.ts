import { request } from "node:http";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { openRaw } from "../support/raw-tcp.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";

const HOST = "shoal.example.com";
const OTHER = "other.example.com";
const POLLING = "/socket.io/?EIO=4&transport=polling";
let mongo: MongoServer;
let worker: RunningWorker;

beforeAll(async () => {
  mongo = await startMongo();
  const env = { ALLOWED_HOSTS: `${HOST},${OTHER}`, CORS_ORIGIN: "https://page.example.com" };
  worker = await startWorker({ mongodbUri: mongo.uriFor(), env });
});

/** The answer to a request of these lines, without a body. */
async function asked(...lines: string[]): Promise<{ status: number; text: string }> {
  const raw = await openRaw(worker.url);
  raw.write(`${[...lines, "Connection: close"].join("\r\n")}\r\n\r\n`);
  const text = await raw.readToEnd();
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]), text };
}

test("a name that is not in ALLOWED_HOSTS is served nothing but /health", async () => {
  const { port } = new URL(worker.url);

  const status = (path: string, host: string) =>
    new Promise((resolve, reject) => {
      const outgoing = request(`${worker.url}${path}`, { headers: { host }, agent: false });
      outgoing.on("error", reject).on("response", (answer) => resolve(answer.resume().statusCode));
      outgoing.end();
    });
  // Load balancers ask for this one by address.
  expect(await status("/health", `127.0.0.1:${port}`)).toBe(200);
  for (const path of ["/hello", "/", "/client/room-client.js", POLLING]) {
    expect([path, await status(path, `127.0.0.1:${port}`)]).toEqual([path, 403]);
    for (const host of [`${HOST}:${port}`, `${HOST}.`])
      expect([path, await status(path, host)]).toEqual([path, 200]);
  }
});

describe("of a target that is a whole URL its host counts, and not that of Host", () => {
  test.each([
    [`http://${HOST}/hello`, "evil.example", 200],
    [`http://user@${HOST}:3000/hello`, "evil.example", 200],
    ["http://evil.example/hello", HOST, 403],
    [`http://${HOST}@evil.example/hello`, HOST, 403],
    [`http://${HOST}${POLLING}`, "evil.example", 200],
    [`http://evil.example${POLLING}`, HOST, 403],
  ])("%s with Host %s gets %i", async (target, host, status) => {
    expect(await asked(`GET ${target} HTTP/1.1`, `Host: ${host}`)).toMatchObject({ status });
  });

  test("also where there is no Host", async () => {
    expect(await asked(`GET http://${HOST}/hello HTTP/1.0`)).toMatchObject({ status: 200 });
    expect(await asked("GET /hello HTTP/1.0")).toMatchObject({ status: 403 });
  });

  test("and whose own page it is, it says as well", async () => {
    const granted = async (origin: string) => {
      const lines = [`GET http://${HOST}/hello HTTP/1.1`, `Host: ${OTHER}`, `Origin: http://${origin}`];
      return /^access-control-allow-origin: (.*)\r$/im.exec((await asked(...lines)).text)?.[1];
    };
    expect(await granted(HOST)).toBe(`http://${HOST}`);
    expect(await granted(OTHER)).toBeUndefined();
  });
});

test.each(["/hello", POLLING, "/health"])("two Hosts are refused, whatever they say: %s", async (path) => {
  for (const hosts of [
    [HOST, "evil.example"],
    ["evil.example", HOST],
    [HOST, HOST],
  ]) {
    const lines = hosts.map((host) => `hOsT: ${host}`);
    expect(await asked(`GET ${path} HTTP/1.1`, ...lines)).toMatchObject({ status: 400 });
  }
});

describe("a request of a session for a host that is not in ALLOWED_HOSTS", () => {
  const open = async () => {
    const { text } = await asked(`GET ${POLLING} HTTP/1.1`, `Host: ${HOST}`);
    return `sid=${/"sid":"([^"]+)"/.exec(text)?.[1]}`;
  };
  const upgrade = [
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
  ];

  test("is refused, and the session goes on", async () => {
    const sid = await open();
    expect(await asked(`GET ${POLLING}&${sid} HTTP/1.1`, "Host: evil.example")).toMatchObject({
      status: 403,
    });
    const post = [`POST ${POLLING}&${sid} HTTP/1.1`, "Content-Length: 0"];
    expect(await asked(...post, "Host: evil.example")).toMatchObject({ status: 403 });
    expect(await asked(...post, `Host: ${HOST}`)).toMatchObject({ status: 200 });
  });

  test("is refused, too, that asks for a WebSocket", async () => {
    const target = `GET ${POLLING.replace("polling", "websocket")}&${await open()} HTTP/1.1`;
    const statusFor = async (host: string) => {
      const raw = await openRaw(worker.url);
      raw.write(`${[target, `Host: ${host}`, "Connection: Upgrade", ...upgrade].join("\r\n")}\r\n\r\n`);
      return /\d{3}/.exec(await raw.read(/^HTTP\/1\.1 \d{3}/))?.[0];
    };
    expect([await statusFor("evil.example"), await statusFor(HOST)]).toEqual(["403", "101"]);
  });
});
