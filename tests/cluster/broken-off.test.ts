import { type MongoServer, startMongo } from "../support/mongo.js";
import { spawnShoal } from "../support/spawn-shoal.js";
import { eventually } from "../support/wait.js";
import { complaints } from "./support/complaints.js";
import { call } from "./support/http-call.js";
import { openPollingSession } from "./support/polling-session.js";
import { openRaw } from "./support/raw-connection.js";
import { get } from "./support/two-workers.js";

// Clients that break off by a reset, wherever their connection is at that moment: no process ends.

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const HAS_REUSE_PORT = process.platform === "linux" && (major > 22 || (major === 22 && minor >= 12));
const MODES = [
  ["one process", 1, {}],
  ["LISTEN=primary", 2, {}],
  ["ROUTING=sticky", 2, { ROUTING: "sticky" }],
  ...(HAS_REUSE_PORT ? [["LISTEN=reuse-port", 2, { LISTEN: "reuse-port" }] as const] : []),
] as const;
const EACH = 20;

const upgrade = (query: string, protocol: string) =>
  `GET /socket.io/?EIO=4&transport=websocket${query} HTTP/1.1\r\nHost: shoal\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n` +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

describe.each(MODES)("with %s", (_mode, workers, env) => {
  test("no process ends when clients break off before they say anything, or while an upgrade waits", async () => {
    const shoal = await spawnShoal({ workers, mongodbUri: mongo.uriFor(), env });
    const pids = [shoal.pid, ...shoal.workerPids()];
    const breakOff = async (said: string) => {
      const { socket } = await openRaw(shoal.url);
      await new Promise((resolve) => socket.write(said, resolve));
      await call(`${shoal.url}/hello`); // later than what was said
      socket.resetAndDestroy();
    };

    for (let round = 0; round < EACH; round += 1) {
      await breakOff("");
      await breakOff("GET /hel");
    }
    for (const protocol of ["websocket", "h2c"]) {
      for (let round = 0; round < workers * 2; round += 1) {
        const { path } = await openPollingSession(shoal.url);
        const sid = path.slice(path.lastIndexOf("&"));
        await breakOff(get(path) + upgrade("", protocol));
        const other = await openPollingSession(shoal.url);
        await breakOff(get(other.path) + upgrade(sid, protocol));
      }
    }

    await eventually(async () => expect(await call(`${shoal.url}/hello`)).toMatchObject({ status: 200 }));
    expect([shoal.pid, ...shoal.workerPids()]).toEqual(pids);
    expect(complaints(shoal.logs)).toEqual([]);
  });
});
