import { type MongoServer, startMongo } from "../support/mongo.js";
import { eventually } from "../support/wait.js";
import { complaints } from "./support/complaints.js";
import { openRaw } from "./support/raw-connection.js";
import { startTwoWorkers, type TwoWorkers } from "./support/two-workers.js";

// Upgrades that no worker can carry out: each is answered, whichever worker has the connection, and leaves nothing behind.

/** Node warns of an emitter with more than 10 listeners of one kind. */
const MORE_THAN_LISTENERS = 12;

let mongo: MongoServer;
let shoal: TwoWorkers;

beforeAll(async () => {
  mongo = await startMongo();
  shoal = await startTwoWorkers(mongo.uriFor());
});

afterEach(() => {
  expect(complaints(shoal.logs)).toEqual([]);
});

const upgrade = (target: string, ...lines: string[]) =>
  [
    `GET ${target} HTTP/1.1`,
    ...["Host: shoal", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"],
    ...["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", ...lines, "", ""],
  ].join("\r\n");
const forSession = (id: string) => `/socket.io/?EIO=4&transport=websocket&sid=${id}`;

test("an upgrade for a session of a worker that was never there is answered with 404", async () => {
  for (const worker of [1, 2]) {
    const connection = await shoal.connectionAt(worker);
    connection.socket.write(upgrade(forSession("9.aaaaaaaaaaaaaaaaaaaaaa")));
    expect(await connection.receive(/HTTP\/1.1 404 /)).toContain("HTTP/1.1 404 ");
  }
  const fresh = await openRaw(shoal.url);
  fresh.socket.write(upgrade(forSession("9.aaaaaaaaaaaaaaaaaaaaaa")));
  expect(await fresh.receive(/\r\n\r\n./)).toMatch(/^HTTP\/1.1 404 /);
});

test("an upgrade where no WebSocket is spoken is answered as if it had not asked for one", async () => {
  for (const worker of [1, 2]) {
    const connection = await shoal.connectionAt(worker);
    connection.socket.write(upgrade("/hello") + upgrade("/nowhere"));
    expect(await connection.receive(/HTTP\/1.1 404 /)).toMatch(/"message":"Hello/);
  }
});

test("a connection that asks for them again and again keeps nothing of each", async () => {
  for (const worker of [1, 2]) {
    const connection = await shoal.connectionAt(worker);
    for (let round = 1; round <= MORE_THAN_LISTENERS; round += 1) {
      connection.socket.write(upgrade("/hello"));
      await eventually(() => expect(connection.received().match(/"message":"Hello/g)).toHaveLength(round));
    }
  }
  // What Node warns of comes on standard error, where `complaints` sees it.
});

test("an upgrade with a body is refused whoever has the session, and one of no bytes is not", async () => {
  const [, { path }] = await shoal.sessions();
  const sid = path.slice(path.lastIndexOf("=") + 1);
  for (const length of [1, 0]) {
    for (const worker of length === 0 ? [1] : [1, 2]) {
      const connection = await shoal.connectionAt(worker);
      connection.socket.write(upgrade(forSession(sid), `Content-Length: ${length}`));
      await connection.receive(length === 0 ? /HTTP\/1.1 101 / : /HTTP\/1.1 400 /);
    }
  }
});

test("a refused client that does not close is hung up on", async () => {
  const [, { path }] = await shoal.sessions();
  const sid = path.slice(path.lastIndexOf("=") + 1);
  const refused = [
    upgrade(forSession("1.aaaaaaaaaaaaaaaaaaaaaa")),
    upgrade(forSession("a&sid=b")),
    upgrade(forSession(sid), "Content-Length: 1"),
  ];
  for (const request of refused) {
    const { socket, receive } = await openRaw(shoal.url, { allowHalfOpen: true });
    socket.write(request);
    await receive(/HTTP\/1.1 40[04] /);
    // Half of a connection tells nothing of the other half, but for a reset when something is sent.
    await eventually(() => {
      socket.write("x");
      expect(socket.closed).toBe(true);
    });
  }
});
