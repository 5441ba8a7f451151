import { createConnection } from "mongoose";
import { onTestEnd } from "../support/cleanup.js";
import { connectClient } from "../support/connect-client.js";
import { type Line, logged } from "../support/line-log.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { openRaw } from "../support/raw-tcp.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { eventually } from "../support/wait.js";

const CLIENT = "203.0.113.7";
let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

const start = (env: Record<string, string> = {}) => startWorker({ mongodbUri: mongo.uriFor(), env });

const requestLines = ({ logs }: RunningWorker): Line[] =>
  logs.filter(({ fields }) => fields.msg === "request");

/** The address that the log has for a request with this X-Forwarded-For. */
async function loggedAddress(worker: RunningWorker, forwardedFor: string): Promise<unknown> {
  const requestId = `for-${forwardedFor.replaceAll(/[^\w.:-]/g, "_")}`;
  const headers = { "X-Request-Id": requestId, "X-Forwarded-For": forwardedFor };
  await fetch(`${worker.url}/hello`, { headers });
  const { fields } = await worker.waitForLog(logged("request", { requestId }));
  return fields.address;
}

describe("the request log", () => {
  test("has one line per request, with what is needed to find and to judge it", async () => {
    const worker = await start();
    await fetch(`${worker.url}/hello`, { headers: { "X-Request-Id": "first" } });
    await fetch(`${worker.url}/nothing`, { method: "POST", headers: { "X-Request-Id": "second" } });
    await worker.waitForLog(logged("request", { requestId: "second" }));

    const common = {
      level: "info",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      pid: process.pid,
      instance: worker.config.instance,
      worker: 1,
      durationMs: expect.any(Number),
      address: "127.0.0.1",
      msg: "request",
    };
    expect(requestLines(worker).map(({ fields }) => fields)).toEqual([
      { ...common, requestId: "first", method: "GET", path: "/hello", status: 200 },
      { ...common, requestId: "second", method: "POST", path: "/nothing", status: 404 },
    ]);
  });

  test("has files at debug, and what is no file at info", async () => {
    const worker = await start();
    for (const path of ["/", "/style.css", "/no-such-file.css"]) {
      await (await fetch(`${worker.url}${path}`)).arrayBuffer();
      await worker.waitForLog(logged("request", { path }));
    }

    expect(requestLines(worker).map(({ fields }) => [fields.level, fields.path])).toEqual([
      ["debug", "/"],
      ["debug", "/style.css"],
      ["info", "/no-such-file.css"],
    ]);
  });

  test("tells no query, no header and no body", async () => {
    const worker = await start();
    const headers = {
      Authorization: "Bearer hunter2",
      Cookie: "a=hunter2",
      "Content-Type": "application/json",
    };
    const body = JSON.stringify({ name: "hunter2" });
    await fetch(`${worker.url}/hello?token=hunter2`, { method: "POST", headers, body });
    await fetch(`${worker.adminUrl}/connections?limit=hunter2`);
    await eventually(() => expect(requestLines(worker)).toHaveLength(2));

    expect(worker.logs.map(({ text }) => text).join("\n")).not.toContain("hunter2");
    expect(requestLines(worker).map(({ fields }) => fields.path)).toEqual(["/hello", "/connections"]);
  });

  test.each([
    ["http://ann:hunter2@host/hello?token=hunter2", "/hello"],
    ["http://ann:hunter2@host", "/"],
    ["HTTPS://hunter2@host:1/a/b", "/a/b"],
    ["http://h?x=http://ann:hunter2@host/", "/"],
    ["//ann:hunter2@host/hello", "//***@host/hello"],
    ["/hello?next=http://ann:hunter2@host/", "/hello"],
    ["/hello#access_token=hunter2", "/hello"],
  ])("tells no password of a target that is a URL: %s", async (target, path) => {
    const worker = await start();
    const raw = await openRaw(worker.url);
    raw.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nX-Request-Id: whole\r\nConnection: close\r\n\r\n`);

    const { fields } = await worker.waitForLog(logged("request", { requestId: "whole" }));
    expect(fields.path).toBe(path);
    expect(worker.logs.map(({ text }) => text).join("\n")).not.toContain("hunter2");
  });

  test("tells no session id, which is as good as a password", async () => {
    const worker = await start();
    const opened = await (await fetch(`${worker.url}/socket.io/?EIO=4&transport=polling`)).text();
    const { sid } = JSON.parse(opened.slice(1)) as { sid: string };
    await fetch(`${worker.url}/socket.io/?EIO=4&transport=polling&sid=${sid}x`);
    await fetch(`${worker.url}/other?EIO=4&transport=polling&sid=${sid}`);
    await fetch(`${worker.url}/socket.io/?EIO=4&transport=polling&sid=${sid}`, {
      method: "POST",
      body: "41",
    });
    await worker.waitForLog(logged("request", { path: "/other" }));

    expect(worker.logs.map(({ text }) => text).join("\n")).not.toContain(sid);
  });

  test("names a request whose client went before its answer", async () => {
    const worker = await start();
    const raw = await openRaw(worker.url);
    const head = [
      "POST /hello HTTP/1.1",
      "Host: x",
      "Content-Type: application/json",
      "Expect: 100-continue",
    ];
    raw.write(`${[...head, "X-Request-Id: gone", "Content-Length: 100"].join("\r\n")}\r\n\r\n`);
    await raw.read(/100 Continue/);
    raw.socket.resetAndDestroy();

    const { fields } = await worker.waitForLog(logged("request", { requestId: "gone" }));
    expect(fields).toMatchObject({ path: "/hello", status: "aborted", address: "127.0.0.1" });
  });

  test("is one line, whatever the path holds", async () => {
    const worker = await start();
    await fetch(`${worker.url}/%0A%7B%22msg%22:%22forged%22%7D`);
    await eventually(() => expect(requestLines(worker)).toHaveLength(1));

    expect(worker.logs.some(({ fields }) => fields.msg === "forged")).toBe(false);
  });
});

describe("the client's address", () => {
  test.each([
    ["is the peer's when nobody is trusted", "false", CLIENT, "127.0.0.1"],
    ["is the one that the only trusted proxy has seen", "1", `198.51.100.1, ${CLIENT}`, CLIENT],
    ["is the one that the farther of two proxies has seen", "2", `${CLIENT}, 10.0.0.1`, CLIENT],
    ["is what a proxy of a trusted range has seen", "loopback", CLIENT, CLIENT],
    ["is that of the first who is not trusted", "loopback,10.0.0.0/8", `x, ${CLIENT}, 10.1.2.3`, CLIENT],
    ["is the peer's when another range is trusted", "10.0.0.0/8", CLIENT, "127.0.0.1"],
  ])("%s", async (_what, trustProxy, forwardedFor, expected) => {
    const worker = await start({ TRUST_PROXY: trustProxy });

    await expect(loggedAddress(worker, forwardedFor)).resolves.toBe(expected);
  });

  test.each([
    ["loopback", CLIENT],
    ["false", "127.0.0.1"],
  ])(
    "is the same for Socket.IO, in the log and in the audit, with TRUST_PROXY=%s",
    async (trustProxy, expected) => {
      const mongodbUri = mongo.uriFor();
      const worker = await startWorker({ mongodbUri, env: { TRUST_PROXY: trustProxy } });
      const database = await createConnection(mongodbUri).asPromise();
      onTestEnd(() => database.close(true));

      for (const transport of ["websocket", "polling"]) {
        const { session } = await connectClient(worker.url, {
          transports: [transport],
          extraHeaders: { "X-Forwarded-For": CLIENT },
        });
        const { fields } = await worker.waitForLog(logged("client connect", { session: session.id }));
        expect(fields.address).toBe(expected);
        const written = () => database.collection("connectionEvents").findOne({ session: session.id });
        await eventually(async () => expect(await written()).toMatchObject({ address: expected }));
      }
    },
  );
});
