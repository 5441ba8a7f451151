import { createHash, randomBytes } from "node:crypto";
import { openRaw } from "../cluster/support/raw-connection.js";
import { exchange, get, post, startTwoWorkers, type TwoWorkers } from "../cluster/support/two-workers.js";
import { onTestEnd } from "../support/cleanup.js";
import { connectClient } from "../support/connect-client.js";
import { startMongo } from "../support/mongo.js";
import { signalIfAlive } from "../support/process-table.js";
import { eventually, once, within } from "../support/wait.js";

// Whoever reads a request: the answer is the one of the worker that has the session, and what one parsed the other parses the same.

let shoal: TwoWorkers;

beforeAll(async () => {
  shoal = await startTwoWorkers((await startMongo()).uriFor(), { MESSAGE_LIMIT_BYTES: "400000" });
});

/** The answers to what is sent on a connection of each worker about a session of worker 1, up to its end or the next request. */
async function bothWays(requestOf: (path: string) => string): Promise<string[]> {
  const answers: string[] = [];
  for (const worker of [1, 2]) {
    const [session] = await shoal.sessions();
    const connection = await shoal.connectionAt(worker);
    const before = connection.received().length;
    connection.socket.write(requestOf(session.path), "latin1");
    await eventually(() =>
      expect(connection.received().slice(before)).toMatch(/^HTTP\/1.1 \d+ [\s\S]*?\r\n\r\n/),
    );
    const [head = "", body = ""] = connection.received().slice(before).split("\r\n\r\n", 2);
    answers.push(`${head.split("\r\n", 1)[0]} ${body}`);
    connection.socket.destroy();
  }
  return answers;
}

/** A POST of one packet with these header lines. */
const lined = (path: string, lines: string) =>
  `POST ${path} HTTP/1.1\r\nHost: shoal\r\n${lines}\r\nContent-Length: 1\r\n\r\n3`;

test.each([
  ["a poll by HEAD", (path: string) => `HEAD ${path} HTTP/1.1\r\nHost: shoal\r\n\r\n`],
  ["PUT", (path: string) => `PUT ${path} HTTP/1.1\r\nHost: shoal\r\nContent-Length: 1\r\n\r\n3`],
  ["DELETE", (path: string) => `DELETE ${path} HTTP/1.1\r\nHost: shoal\r\n\r\n`],
  [
    "a POST of HTTP/1.0 without Host",
    (path: string) => `POST ${path} HTTP/1.0\r\nContent-Length: 1\r\n\r\n3`,
  ],
  [
    "a coding with tabs around it",
    (path: string) =>
      `POST ${path} HTTP/1.1\r\nHost: shoal\r\nTransfer-Encoding:\tchunked\t\r\n\r\n1\r\n3\r\n0\r\n\r\n`,
  ],
  ["two sids", (path: string) => `GET ${path}&sid=x HTTP/1.1\r\nHost: shoal\r\n\r\n`],
  [
    "a sender's address with a byte beyond ASCII",
    (path: string) => lined(path, "X-Forwarded-For: 1.2.3.4, \xe9"),
  ],
  ["a long line of such bytes", (path: string) => lined(path, `X-Big: ${"\xe9".repeat(9000)}`)],
  [
    "a type that Connection names",
    (path: string) => lined(path, "Content-Type: application/octet-stream\r\nConnection: content-type"),
  ],
  [
    "a POST without a body",
    (path: string) => `POST ${path} HTTP/1.1\r\nHost: shoal\r\nContent-Length: 0\r\n\r\n`,
  ],
])("the answer does not depend on the way: %s", async (_what, requestOf) => {
  const [own, relayed] = await bothWays(requestOf);
  expect(relayed).toBe(own);
});

test("a body without end that is refused is read on for a moment only, whoever has the session", async () => {
  for (const worker of [1, 2]) {
    const [session] = await shoal.sessions();
    const connection = await shoal.connectionAt(worker);
    const before = connection.received().length;
    const length = `Content-Length: ${2 ** 40}`;
    connection.socket.write(`POST ${session.path} HTTP/1.1\r\nHost: shoal\r\n${length}\r\n\r\n`);
    await connection.receive(/HTTP\/1.1 413 /);
    const sending = setInterval(() => connection.socket.write("x"), 100);
    onTestEnd(() => clearInterval(sending));

    const received = await within(connection.closed, 30_000, "the end of the connection");

    expect(received.slice(before).match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 413"]);
  }
});

test("an answer that comes before the whole body leaves the connection open, whoever has the session", async () => {
  for (const worker of [1, 2]) {
    const [session] = await shoal.sessions();
    const connection = await shoal.connectionAt(worker);
    const before = connection.received().length;
    connection.socket.write(
      `PUT ${session.path} HTTP/1.1\r\nHost: shoal\r\nContent-Length: 200000\r\n\r\n${"x".repeat(50_000)}`,
    );
    await eventually(() => expect(connection.received().slice(before)).toMatch(/^HTTP\/1.1 500 /));
    const answered = await exchange(connection, "x".repeat(150_000), get("/hello"));
    expect(answered).toMatch(/HTTP\/1.1 200 [\s\S]*Hello/);
  }
});

test.each(["content-length", "Transfer-Encoding", "host", "keep-alive, Content-Length"])(
  "a request that wants %s dropped on the way is refused where it would be relayed, and nothing in its body is carried out",
  async (named) => {
    const [one, other] = await shoal.sessions();
    const inner = post(one.path, '421["join",{"room":"smuggled"}]');
    const connection = await shoal.connectionAt(one.worker);
    connection.socket.write(
      `POST ${other.path} HTTP/1.1\r\nHost: shoal\r\nConnection: ${named}\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`,
    );
    expect(await connection.receive(/HTTP\/1.1 400 /)).toMatch(/HTTP\/1.1 400 /);
    for (const session of [one, other]) {
      await session.send('429["leave",{"room":"none"}]');
      expect(await session.poll()).toEqual(['439[{"ok":true,"room":"none"}]']);
    }
  },
);

test("requests sent without waiting, for sessions of both workers, are answered in their order", async () => {
  for (const worker of [1, 2]) {
    const [one, other] = await shoal.sessions();
    const connection = await shoal.connectionAt(worker);
    const before = connection.received().length;
    const joins = [one, other, one, other].map(({ path }, index) =>
      post(path, `42${index}["join",{"room":"in-turn"}]`),
    );
    connection.socket.write(joins.join(""));
    const fourTimes = /^(HTTP\/1.1 200 [\s\S]*?\r\n\r\nok){4}$/;
    await eventually(() => expect(connection.received().slice(before)).toMatch(fourTimes));
    const heard = [...(await one.poll()), ...(await other.poll())];
    for (const index of [0, 1, 2, 3]) expect(heard.join()).toContain(`43${index}[`);
  }
});

test("a POST and an upgrade in one packet are answered in their order, whoever has the session", async () => {
  for (const worker of [1, 2]) {
    const [session] = await shoal.sessions();
    const connection = await shoal.connectionAt(worker);
    const before = connection.received().length;
    const upgrade = get(session.path.replace("polling", "websocket")).replace(
      "\r\n\r\n",
      "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    connection.socket.write(post(session.path, "3") + upgrade);
    await connection.receive(/HTTP\/1.1 101 /);
    expect(connection.received().slice(before)).toMatch(/^HTTP\/1.1 200 [\s\S]*okHTTP\/1.1 101 /);
  }
});

test.each([
  ["GET", "/health", "", '"worker"'],
  ["POST", "/hello", '{"name":"Ada"}', "Hello, Ada"],
])(
  "%s %s that offers HTTP/2 is answered as if it did not, on a connection that goes on",
  async (method, path, body, answer) => {
    const connection = await openRaw(shoal.url);
    const offer =
      "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA";
    const type = `Content-Type: application/json\r\nContent-Length: ${body.length}`;
    const request = `${method} ${path} HTTP/1.1\r\nHost: shoal\r\n${offer}\r\n${type}\r\n\r\n${body}`;
    for (const _ of [0, 1]) {
      const answered = await exchange(connection, request.slice(0, -3), request.slice(-3));
      expect(answered).toMatch(/^HTTP\/1.1 200 /);
      expect(answered).toContain(answer);
    }
  },
);

test("bodies that are still coming when their connection is looked at arrive as they were sent", async () => {
  const { socket } = await connectClient(shoal.url);
  for (const _ of Array.from({ length: 30 })) {
    for (const session of await shoal.sessions()) {
      const body = randomBytes(150_000).toString("hex");
      const heard = once<[{ body: string }]>(socket, "message");
      // A connection of its own for each: it is opened with this request.
      await session.send(`42["message",{"body":"${body}"}]`);
      const [message] = await heard;
      expect(createHash("sha256").update(message.body).digest("hex")).toBe(
        createHash("sha256").update(body).digest("hex"),
      );
    }
  }
});

test.each([
  ["/hello", "200"],
  ["/rooms/kitchen/messages", "400"],
  ["/socket.iox", "404"],
  ["/", "200"],
])("GET %s that asks for a WebSocket, which is not there, is answered %s", async (path, status) => {
  const connection = await openRaw(shoal.url);
  const ask = "Connection: Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13";
  const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";

  for (const _ of [0, 1]) {
    const answered = await exchange(
      connection,
      `GET ${path} HTTP/1.1\r\nHost: shoal\r\n${ask}\r\n${key}\r\n\r\n`,
    );
    expect(answered).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  }
});

test("a relayed request needs the primary for nothing", async () => {
  const [one, other] = await shoal.sessions();
  const connections = await Promise.all([1, 2].map((worker) => shoal.connectionAt(worker)));
  process.kill(shoal.pid, "SIGSTOP");
  onTestEnd(() => signalIfAlive(shoal.pid, "SIGCONT"));
  for (const connection of connections)
    for (const { path } of [one, other])
      expect(await exchange(connection, post(path, "3"))).toMatch(/^HTTP\/1.1 200 /);
});

test("an answer that does not wait for the body comes before any of it, whichever worker gives it", async () => {
  for (const { path } of await shoal.sessions()) {
    for (const worker of [1, 2]) {
      const connection = await shoal.connectionAt(worker);
      const before = connection.received().length;
      const unknown = `${path.slice(0, -4)}AAAA`;
      connection.socket.write(`POST ${unknown} HTTP/1.1\r\nHost: shoal\r\nContent-Length: 9\r\n\r\n`);
      await connection.receive(/HTTP\/1.1 404 /);
      expect(connection.received().slice(before)).toMatch(/^HTTP\/1.1 404 /);
    }
  }
});

test("a body that comes after its refusal finds the connection open, and so does the next request", async () => {
  for (const { path } of await shoal.sessions()) {
    for (const worker of [1, 2]) {
      const connection = await shoal.connectionAt(worker);
      const unknown = `${path.slice(0, -4)}AAAA`;
      connection.socket.write(`POST ${unknown} HTTP/1.1\r\nHost: shoal\r\nContent-Length: 9\r\n\r\n`);
      await connection.receive(/HTTP\/1.1 404 /);
      const before = connection.received().length;
      connection.socket.write(`123456789${get("/hello")}`);
      await eventually(() => expect(connection.received().slice(before)).toMatch(/HTTP\/1.1 200 /));
    }
  }
});
