import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createConnection } from "mongoose";
import { AppError, ERRORS, type ErrorCode } from "../../src/contract/errors.js";
import { onTestEnd } from "../support/cleanup.js";
import { logged } from "../support/line-log.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { openRaw } from "../support/raw-tcp.js";
import { PROJECT } from "../support/readme.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const BODY_LIMIT_BYTES = 1000;
let mongo: MongoServer;
let worker: RunningWorker;

beforeAll(async () => {
  mongo = await startMongo();
  worker = await startWorker({
    mongodbUri: mongo.uriFor(),
    env: { BODY_LIMIT_BYTES: String(BODY_LIMIT_BYTES) },
  });
});

const call = (path: string, init?: RequestInit) => fetch(worker.url + path, init);

const JSON_TYPE = { "Content-Type": "application/json" };
const post = (body: RequestInit["body"] & {}, headers: Record<string, string> = JSON_TYPE) =>
  call("/hello", { method: "POST", body, headers });

/** Every address of docs/openapi.json that is served here, and its `Allow`. */
function documentedAddresses(): [path: string, allow: string][] {
  const text = readFileSync(join(PROJECT, "docs", "openapi.json"), "utf8");
  const { paths } = JSON.parse(text) as { paths: Record<string, Record<string, { servers?: unknown }>> };
  return Object.entries(paths).flatMap(([path, operations]): [string, string][] => {
    const methods = Object.keys(operations).filter((method) => operations[method]?.servers === undefined);
    const names = methods.flatMap((method) => (method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()]));
    return names.length === 0 ? [] : [[path.replace("{room}", "kitchen"), names.toSorted().join(", ")]];
  });
}

/** Checks all that every error has in common. */
async function expectError(response: Response, code: ErrorCode, message: string = ERRORS[code].message) {
  expect(response.status).toBe(ERRORS[code].status);
  expect(response.headers.get("Content-Type")).toBe("application/json; charset=utf-8");
  expect(response.headers.get("X-Request-Id")).toMatch(UUID);
  await expect(response.json()).resolves.toEqual({
    error: { ...new AppError(code).body, message },
  });
}

describe("an error tells its status and one JSON shape", () => {
  test.each(["/nothing", "/hello/more", "/HEALTH/x", "/%E0%A4%A", "/%00", "/..%2fpackage.json", "/.env"])(
    "for an address where nothing is: %s",
    async (path) => {
      await expectError(await call(path), "not_found");
    },
  );

  test.each(documentedAddresses())(
    "for a method that %s does not take, with those that it does",
    async (path, takes) => {
      for (const method of ["DELETE", "PUT", "PATCH", "POST"].filter((other) => !takes.includes(other))) {
        const response = await call(path, { method });
        expect(response.headers.get("Allow")).toBe(takes);
        await expectError(response, "method_not_allowed");
      }
    },
  );

  test.each(["/", "/app.js", "/client/room-client.js"])(
    "for another method than GET or HEAD of the file %s",
    async (path) => {
      expect((await call(path, { method: "HEAD" })).status).toBe(200);
      const response = await call(path, { method: "DELETE" });
      expect(response.headers.get("Allow")).toBe("GET, HEAD");
      await expectError(response, "method_not_allowed");
    },
  );

  test.each(["/nothing.js", "/client", "/client/nothing.js", "/..%2fpackage.json", "/%00", "/%E0%A4%A"])(
    "and does not tell a method from another where there is nothing: %s",
    async (path) => {
      const response = await call(path, { method: "DELETE" });
      expect(response.headers.get("Allow")).toBeNull();
      await expectError(response, "not_found");
    },
  );

  const latin1 = Buffer.from('{"name":"\xff"}', "latin1");
  test.each(["{", "", "nonsense", '"text"', "12", '{"name": "a"} more', latin1])(
    "for a body that is no JSON object in UTF-8: %p",
    async (body) => {
      if (body === "") await expectError(await post(body), "invalid", expect.stringContaining("name"));
      else await expectError(await post(body), "malformed_json");
    },
  );

  test("for a body over the limit, whether announced or not", async () => {
    const body = JSON.stringify({ name: "x".repeat(BODY_LIMIT_BYTES) });
    await expectError(await post(body), "too_large");

    const raw = await openRaw(worker.url);
    const chunk = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const head = "POST /hello HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n";
    raw.write(`${head}Transfer-Encoding: chunked\r\n\r\n${chunk}`);
    const answer = await raw.readToEnd();
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('{"error":{"code":"too_large"');
  });

  test("a body of exactly the limit is none", async () => {
    const frame = JSON.stringify({ name: "" }).length;
    const body = JSON.stringify({ name: "x".padEnd(BODY_LIMIT_BYTES - frame) });
    expect(body).toHaveLength(BODY_LIMIT_BYTES);
    expect((await post(body)).status).toBe(200);
  });

  test.each([
    ["another content type", { "Content-Type": "text/plain" }],
    ["a form", { "Content-Type": "application/x-www-form-urlencoded" }],
    ["a content type that is none", { "Content-Type": "nonsense" }],
  ])("for %s", async (_what, headers) => {
    await expectError(await post('{"name":"a"}', headers), "unsupported_media_type");
  });

  test.each(["klingon", "utf-klingon", "latin1"])("for a charset that is not UTF-8: %s", async (charset) => {
    const answer = await post('{"name":"a"}', { "Content-Type": `application/json; charset=${charset}` });
    await expectError(answer, "unsupported_media_type", "The charset of the body must be utf-8");
  });

  test.each(["rot13", "utf-8", "gzip, gzip"])("for a content encoding that is none: %s", async (encoding) => {
    const answer = await post('{"name":"a"}', { ...JSON_TYPE, "Content-Encoding": encoding });
    const message = "The Content-Encoding must be gzip, deflate, br or identity";
    await expectError(answer, "unsupported_media_type", message);
  });

  test("for a compressed body that is not", async () => {
    const headers = { ...JSON_TYPE, "Content-Encoding": "gzip" };
    await expectError(await post('{"name":"a"}', headers), "invalid");
  });

  test("for wrong fields, which it names without their values", async () => {
    const message =
      'name: Invalid input: expected string, received number; payload: Unrecognized key: "nick"';
    await expectError(await post('{"name":12345,"nick":"hunter2"}'), "invalid", message);
  });

  test("and stays short whatever the body says", async () => {
    const keys = Array.from({ length: 100 }, (_, index) => `"${index}":0`);
    const response = await post(`{${keys.join()}}`);
    expect(response.status).toBe(400);
    expect((await response.text()).length).toBeLessThan(1000);
  });

  test.each([
    "limit=0",
    "limit=501",
    "limit=many",
    "limit=1&limit=2",
    "limit=0x2",
    "limit=1e1",
    "limit=",
    "limit[a]=1",
    "other=1",
  ])("for a wrong query: %s", async (query) => {
    await expectError(await fetch(`${worker.adminUrl}/connections?${query}`), "invalid", expect.any(String));
  });
});

test("an error on our side tells the client nothing, and the log all", async () => {
  const uri = mongo.uriFor("broken");
  const broken = await startWorker({ mongodbUri: uri });
  const connection = await createConnection(uri).asPromise();
  onTestEnd(() => connection.close(true));
  // A view can be read like the audit's collection, but this one fails in the server.
  await connection.dropCollection("connectionEvents");
  await connection.createCollection("source").then((source) => source.insertOne({}));
  await connection.createCollection("connectionEvents", {
    viewOn: "source",
    pipeline: [{ $set: { detail: { $divide: [1, { $literal: 0 }] } } }],
  });

  const response = await fetch(`${broken.adminUrl}/connections`);
  const requestId = response.headers.get("X-Request-Id");
  await expectError(response, "internal");
  const line = await broken.waitForLog(logged("request failed", { requestId }));
  expect(line.fields).toMatchObject({ level: "error", err: { stack: expect.stringContaining("    at ") } });
  expect((await fetch(`${broken.url}/hello`)).status).toBe(200);
});

test("an outage is told as such, with the time to come back", async () => {
  const away = await startMongo();
  const { adminUrl } = await startWorker({ mongodbUri: away.uriFor() });
  await away.kill();
  const response = await fetch(`${adminUrl}/connections`);
  expect(response.headers.get("Retry-After")).toBe("1");
  await expectError(response, "temporary");
});

test("HEAD is answered like GET, without a body", async () => {
  const [hello, nothing] = await Promise.all(
    ["/hello", "/nothing"].map((path) => call(path, { method: "HEAD" })),
  );
  expect([hello?.status, nothing?.status]).toEqual([200, 404]);
  expect(hello?.headers.get("Content-Type")).toContain("application/json");
  await expect(nothing?.text()).resolves.toBe("");
});

test("a request without a body is not asked for its type", async () => {
  expect((await call("/hello", { headers: { "Content-Type": "text/plain" } })).status).toBe(200);
  await expectError(await call("/nothing", { method: "POST" }), "not_found");
  await expectError(await call("/hello", { method: "POST" }), "invalid", expect.any(String));
});

test.each(["utf-8", "UTF-8", "utf8", "UTF8", '"utf8"', "us-ascii", "utf-8; x=y"])(
  "a body in UTF-8 is read by whatever name: %s",
  async (charset) => {
    const answer = await post('{"name":"a"}', { "Content-Type": `application/json;charset=${charset}` });
    expect([answer.status, await answer.json()]).toEqual([200, { message: "Hello, a" }]);
  },
);

/** The answer to a request with these header lines and this chunked body. */
async function chunked(start: string, headers: string, body: string): Promise<string> {
  const raw = await openRaw(worker.url);
  raw.write(
    `${start} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n${headers}\r\n${body}`,
  );
  return raw.readToEnd();
}

test.each(["", "Content-Type: text/plain\r\n", "Content-Type: application/json\r\n"])(
  "an empty chunked body is none, as proxies send it with every request: %p",
  async (type) => {
    expect(await chunked("GET /hello", type, "0\r\n\r\n")).toMatch(/^HTTP\/1\.1 200 /);
    expect(await chunked("GET /health", type, "0\r\nTrailer: x\r\n\r\n")).toMatch(/^HTTP\/1\.1 200 /);
    expect(await chunked("POST /hello", type, "0\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 .*"code":"invalid"/s);
  },
);

test.each(["", "Content-Type: text/plain\r\n"])(
  "a chunked body that is no JSON is refused with its first byte: %p",
  async (type) => {
    expect(await chunked("GET /hello", type, "1\r\nx\r\n")).toMatch(/^HTTP\/1\.1 415 /);
    expect(await chunked("POST /hello", type, "1\r\nx\r\n")).toMatch(/^HTTP\/1\.1 415 /);
  },
);

test("after a chunked body that was refused the connection serves the next request", async () => {
  const raw = await openRaw(worker.url);
  const head = "HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\n\r\n";
  raw.write(`POST /hello ${head}3\r\nabc\r\n`);
  await raw.read(/ 415 .*unsupported_media_type.*\}\}/s);
  raw.write("2\r\nde\r\n0\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  expect(await raw.readToEnd()).toMatch(/HTTP\/1\.1 200 .*Hello from Shoal/s);
});

describe("a request id", () => {
  const idOf = async (given: string) =>
    (await call("/hello", { headers: { "X-Request-Id": given } })).headers.get("X-Request-Id");

  test.each(["abc-123", "01HQ:7.x_y", "x".repeat(128)])("that is given is kept: %s", async (given) => {
    await expect(idOf(given)).resolves.toBe(given);
  });

  test.each(["", "x".repeat(129), "a b", '{"a":1}', "ü", "<script>", "a,b"])(
    "that is unfit for a log is replaced: %p",
    async (given) => {
      await expect(idOf(given)).resolves.toMatch(UUID);
    },
  );

  test("is another one for every request that brings none", async () => {
    const ids = await Promise.all([call("/hello"), call("/hello")]);
    expect(new Set(ids.map(({ headers }) => headers.get("X-Request-Id"))).size).toBe(2);
  });
});

test("an answer does not tell what it was made with", async () => {
  const { headers } = await call("/hello");
  expect(headers.get("X-Powered-By")).toBeNull();
  expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
});

test.each([
  ["length 0", "Content-Length: 0\r\n\r\n"],
  ["length 00", "Content-Length: 00\r\n\r\n"],
  ["no chunks", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
])("a body of %s is none, whatever is said of its type and encoding", async (_what, framed) => {
  for (const type of ["application/json", "text/plain"]) {
    for (const coding of ["identity", "gzip", "br", "nonsense"]) {
      const raw = await openRaw(worker.url);
      const said = `Content-Type: ${type}\r\nContent-Encoding: ${coding}\r\n`;
      raw.write(`GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${said}${framed}`);
      expect(await raw.readToEnd()).toMatch(/^HTTP\/1\.1 200 /);
    }
  }
});
