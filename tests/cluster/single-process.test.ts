import { readdir } from "node:fs/promises";
import { Agent } from "node:http";
import { onTestEnd } from "../support/cleanup.js";
import { connectClient, emitAck } from "../support/connect-client.js";
import { logged } from "../support/line-log.js";
import { startMongo } from "../support/mongo.js";
import { descendants, isAlive } from "../support/process-table.js";
import { fixture } from "../support/program-path.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { eventually, once, within } from "../support/wait.js";
import { complaints } from "./support/complaints.js";
import { openHalfPost } from "./support/half-post.js";
import { call, health } from "./support/http-call.js";
import { openRaw } from "./support/raw-connection.js";

let shoal: Shoal;

beforeEach(async () => {
  shoal = await spawnShoal({ workers: 1 });
});

test("one process answers HTTP and Socket.IO over both transports like a cluster of one worker", async () => {
  expect(await health(shoal.url)).toMatchObject({ httpStatus: 200, worker: 1, instance: shoal.instance });
  const json = '{"name":"Ada"}';
  expect(await call(`${shoal.url}/hello`, { json })).toMatchObject({
    status: 200,
    body: '{"message":"Hello, Ada"}',
  });

  const [polling, upgraded, direct] = await Promise.all(
    [["polling"], ["polling", "websocket"], ["websocket"]].map((transports) =>
      connectClient(shoal.url, { transports }),
    ),
  );
  if (!polling || !upgraded || !direct) throw new Error("three clients");
  await eventually(() => expect(upgraded.socket.io.engine.transport.name).toBe("websocket"));
  expect(polling.socket.io.engine.transport.name).toBe("polling");
  const heard = [upgraded, direct].map(({ socket }) => once(socket, "message"));
  await expect(emitAck(polling.socket, "message", { body: "hi" })).resolves.toMatchObject({ ok: true });
  for (const [message] of await Promise.all(heard)) {
    expect(message).toMatchObject({ from: polling.session.id, body: "hi" });
  }
  expect([polling, upgraded, direct].map(({ session }) => session.worker)).toEqual([1, 1, 1]);
  expect(complaints(shoal.logs)).toEqual([]);
});

test("without a primary in between, connections are kept alive", async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestEnd(() => agent.destroy());
  const { headers } = await call(`${shoal.url}/hello`, { agent });
  expect(headers.connection).toBe("keep-alive");
});

test("the embedded MongoDB is the only child, and with one given there is none", async () => {
  const { fields } = await shoal.waitForLog(logged("embedded mongodb serves"));
  expect(descendants(shoal.pid).map(({ pid }) => pid)).toEqual([fields.hostPid]);
  const mongo = await startMongo();
  const other = await spawnShoal({ workers: 1, mongodbUri: mongo.uriFor() });
  expect(descendants(other.pid)).toEqual([]);
});

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s finishes open requests and ends with code 0 and without a trace",
  async (signal) => {
    const children = descendants(shoal.pid).map(({ pid }) => pid);
    const { socket } = await connectClient(shoal.url);
    const disconnected = once(socket, "disconnect", 10_000);
    const silent = await openRaw(shoal.url);
    const half = await openHalfPost(shoal.url);
    await half.sendPacket("");
    process.kill(shoal.pid, signal);
    await eventually(() => expect(call(`${shoal.url}/hello`)).rejects.toThrow("ECONNREFUSED"));
    await half.finish();

    await expect(shoal.expectExit()).resolves.toEqual({ code: 0, signal: null });
    await disconnected;
    await within(silent.closed, 1000, "the end of a silent connection");
    expect(complaints(shoal.logs)).toEqual([]);
    expect(children.filter(isAlive)).toEqual([]);
    await expect(readdir(shoal.tmpDir)).resolves.toEqual([]);
  },
);

test("a request that does not end is cut off in time, with code 0", async () => {
  const other = await spawnShoal({ workers: 1, env: { SHUTDOWN_TIMEOUT_MS: "3000" } });
  const half = await openHalfPost(other.url);
  await half.sendPacket("");
  process.kill(other.pid, "SIGTERM");
  await expect(other.expectExit()).resolves.toEqual({ code: 0, signal: null });
  await within(half.closed, 1000, "the end of the request");
  expect(complaints(other.logs)).toEqual([]);
});

test("a header that comes a byte at a time ends its connection", async () => {
  const NODE_OPTIONS = `--require ${fixture("short-header-time.cjs")}`;
  const { url } = await spawnShoal({ workers: 1, env: { NODE_OPTIONS } });
  const { socket, closed } = await openRaw(url);
  socket.write("GET /hello HTTP/1.1\r\nHost: shoal\r\nX-Slow: ");
  const sending = setInterval(() => socket.write("x"), 50);
  onTestEnd(() => clearInterval(sending));

  expect(await within(closed, 20_000, "the end of the connection")).toMatch(/^HTTP\/1\.1 408 /);
});

test("a second signal ends it at once with code 1", async () => {
  const half = await openHalfPost(shoal.url);
  await half.sendPacket("");
  process.kill(shoal.pid, "SIGTERM");
  await eventually(() => {
    if (isAlive(shoal.pid)) process.kill(shoal.pid, "SIGTERM");
    expect(shoal.logs.filter(logged("ended at once"))).toHaveLength(1);
  });
  await expect(shoal.expectExit()).resolves.toEqual({ code: 1, signal: null });
});

test("when it is killed with -9, its MongoDB ends by itself", async () => {
  const children = descendants(shoal.pid).map(({ pid }) => pid);
  await shoal.killPrimary();
  await eventually(() => expect(children.filter(isAlive)).toEqual([]), { withinMs: 10_000 });
  await eventually(async () => expect(await readdir(shoal.tmpDir)).toEqual([]));
});
