import { once } from "node:events";
import { connect } from "node:net";
import { openPollingSession } from "../cluster/support/polling-session.js";
import { onTestEnd } from "../support/cleanup.js";
import { startMongo } from "../support/mongo.js";
import { openRaw } from "../support/raw-tcp.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { eventually, within } from "../support/wait.js";

const LENGTH = 500_000;

let worker: RunningWorker;

beforeAll(async () => {
  worker = await startWorker({ mongodbUri: (await startMongo()).uriFor() });
});

test.each([
  ["a body that is too large", () => "/hello", "413"],
  ["a session that is not known", () => `/socket.io/?EIO=4&transport=polling&sid=1.${"a".repeat(22)}`, "404"],
  ["packets that are too large", async () => (await openPollingSession(worker.url)).path, "413"],
])(
  "the answer to %s comes before it, and the connection ends after it where it is to end",
  async (_what, target, status) => {
    const path = await target();
    const connection = await openRaw(worker.url);
    const broken: string[] = [];
    connection.socket.on("error", ({ message }) => broken.push(message));
    const type = "Content-Type: application/json\r\n";
    connection.write(
      `POST ${path} HTTP/1.1\r\nHost: shoal\r\n${type}Content-Length: ${LENGTH}\r\nConnection: close\r\n\r\n`,
    );

    await connection.read(new RegExp(`^HTTP/1.1 ${status} .*}$`, "s"));
    for (let sent = 0; sent < LENGTH; sent += 10_000) {
      await new Promise((resolve) => setImmediate(resolve));
      connection.write("x".repeat(10_000));
    }

    expect(await connection.readToEnd()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(broken).toEqual([]);
    expect(connection.socket.bytesWritten).toBeGreaterThan(LENGTH);
  },
);

test.each([
  ["POST", "/hello", "413"],
  ["GET", "/health", "200"],
  ["GET", "/socket.io/?EIO=4&transport=polling", "200"],
  ["POST", "/socket.io/?EIO=4&transport=polling", "400"],
  ["PUT", "/", "413"],
])("a body that does not come is waited for no longer than 2 s, with %s %s", async (method, path, status) => {
  const connection = await openRaw(worker.url);
  connection.write(
    `${method} ${path} HTTP/1.1\r\nHost: shoal\r\nContent-Type: application/json\r\nContent-Length: ${LENGTH}\r\n\r\n`,
  );

  const received = await connection.readToEnd(30_000);
  expect(received.match(/HTTP\/1.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`]); // and no 408 behind it
});

test("a connection that ends after an early answer is closed also when its client keeps it open", async () => {
  const path = "/hello";
  const { hostname, port } = new URL(worker.url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  onTestEnd(() => socket.destroy());
  const closed = once(socket, "close").catch(() => {});
  const type = "Content-Type: application/json\r\n";
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: shoal\r\n${type}Content-Length: ${LENGTH}\r\nConnection: close\r\n\r\n`,
  );
  await once(socket, "data");
  socket.resume().write("x".repeat(LENGTH));
  await once(socket, "end");

  // Only a connection that is there no more does not take these.
  const writing = setInterval(() => socket.write("x"), 100);
  onTestEnd(() => clearInterval(writing));
  await within(closed, 60_000, "the end of the connection");
});

test("a refusal of a request without a body says whether the connection ends", async () => {
  const connection = await openRaw(worker.url);
  connection.write("DELETE /hello HTTP/1.1\r\nHost: shoal\r\nConnection: close\r\n\r\n");

  const answer = await connection.readToEnd();
  expect(answer).toMatch(/^HTTP\/1.1 405 /);
  expect(answer).toMatch(/^connection: close\r$/im);
  expect(answer).not.toMatch(/keep-alive/i);
});

test("packets in chunks that grow too large are answered in their midst, and the connection goes on after them", async () => {
  const { path } = await openPollingSession(worker.url);
  const connection = await openRaw(worker.url);
  const broken: string[] = [];
  connection.socket.on("error", ({ message }) => broken.push(message));
  const chunk = `4e20\r\n${"x".repeat(20_000)}\r\n`;
  connection.write(`POST ${path} HTTP/1.1\r\nHost: shoal\r\nTransfer-Encoding: chunked\r\n\r\n`);
  for (let sent = 0; sent < LENGTH; sent += 20_000) connection.write(chunk);

  await connection.read(/^HTTP\/1.1 413 /);
  for (let sent = 0; sent < LENGTH; sent += 20_000) {
    await new Promise((resolve) => setImmediate(resolve));
    connection.write(chunk);
  }
  connection.write("0\r\n\r\nGET /hello HTTP/1.1\r\nHost: shoal\r\nConnection: close\r\n\r\n");

  expect(await connection.readToEnd()).toMatch(/^HTTP\/1.1 413 .*HTTP\/1.1 200 /s);
  expect(broken).toEqual([]);
});

test("packets whose session ends in their midst get 404, what follows of them is dropped, and the connection goes on", async () => {
  const { path, poll } = await openPollingSession(worker.url);
  const connection = await openRaw(worker.url);
  const chunk = `4e20\r\n${"x".repeat(20_000)}\r\n`;
  connection.write(
    `POST ${path} HTTP/1.1\r\nHost: shoal\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n`,
  );
  connection.write(chunk);
  await connection.read(/^HTTP\/1.1 100 /);

  await expect(Promise.all([poll(), poll()])).rejects.toThrow(/^400 /); // two at once end a session
  await connection.read(/HTTP\/1.1 404 .*"Session ID unknown"}$/s);
  for (let sent = 0; sent < LENGTH; sent += 20_000) connection.write(chunk);
  connection.write("0\r\n\r\nGET /hello HTTP/1.1\r\nHost: shoal\r\nConnection: close\r\n\r\n");

  expect(await connection.readToEnd()).toMatch(/HTTP\/1.1 404 .*"Session ID unknown"}HTTP\/1.1 200 /s);
});

test.each(["resetAndDestroy", "end"] as const)(
  "packets that break off in their midst end their session: %s",
  async (way) => {
    const { path, poll } = await openPollingSession(worker.url);
    const connection = await openRaw(worker.url);
    connection.write(
      `POST ${path} HTTP/1.1\r\nHost: shoal\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n42`,
    );
    await connection.read(/^HTTP\/1.1 100 /);

    connection.socket[way]();

    await eventually(() => expect(poll()).rejects.toThrow(/^404 /));
  },
);

test.each([
  ["that grows too large", "Content-Type: application/json", "413"],
  [
    "that is not what it is said to be, and grows too large",
    "Content-Type: application/json\r\nContent-Encoding: gzip",
    "413",
  ],
  ["of another type", "Content-Type: text/plain", "415"],
  ["of which something is expected that is not known", "Content-Type: text/plain\r\nExpect: more", "415"],
])(
  "a body without an end %s is answered in its midst, and read no longer than 2 s",
  async (_what, lines, status) => {
    const connection = await openRaw(worker.url);
    connection.write(`POST /hello HTTP/1.1\r\nHost: shoal\r\n${lines}\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const sending = setInterval(() => connection.write(`4e20\r\n${"x".repeat(20_000)}\r\n`), 20);
    onTestEnd(() => clearInterval(sending));

    const received = await connection.readToEnd(30_000);
    expect(received.match(/HTTP\/1.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`]);
  },
);
