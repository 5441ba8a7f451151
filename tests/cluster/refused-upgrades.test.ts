import { type MongoServer, startMongo } from "../support/mongo.js";
import { complaints } from "./support/complaints.js";
import { openRaw } from "./support/raw-connection.js";
import { startTwoWorkers, type TwoWorkers } from "./support/two-workers.js";

// Upgrades that no worker can carry out: each is answered, whichever worker has the connection, and leaves nothing behind.

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
