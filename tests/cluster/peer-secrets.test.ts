import { request } from "node:http";
import { logged } from "../support/line-log.js";
import { type MongoServer, startMongo } from "../support/mongo.js";
import { spawnPeers } from "../support/spawn-peers.js";
import { launchShoal, type Shoal } from "../support/spawn-shoal.js";
import { eventually } from "../support/wait.js";
import { call } from "./support/http-call.js";
import { openPollingSession } from "./support/polling-session.js";
import { openRaw } from "./support/raw-connection.js";

// Instances believe each other by PEER_SECRET, and nobody else.

const [OLD, NEW, WRONG] = ["o".repeat(32), "n".repeat(32), "w".repeat(32)] as const;
const REFUSED_THERE = "a peer refuses requests of this instance: PEER_SECRET or the clocks differ";
const isRefusedThere = /^a peer refuses requests of this instance/;
const isRefusedHere = /^a request that claims to come from a peer is refused/;

let mongo: MongoServer;

beforeAll(async () => {
  mongo = await startMongo();
});

function peersWith(...envs: Readonly<Record<string, string>>[]): Promise<Shoal[]> {
  return spawnPeers(
    mongo.uriFor(),
    envs.map((env, index) => ({ workers: 1 + index, env: { ROUTING: "forward", ...env } })),
  );
}

/** Statuses of a POST to the other one, for a session of each. */
async function acrossBothWays([a, b]: readonly Shoal[]): Promise<number[]> {
  const [one, other] = [a, b] as [Shoal, Shoal];
  const [ofOne, ofOther] = [await openPollingSession(one.url), await openPollingSession(other.url)];
  const there = await call(other.url + ofOne.path, { text: "3" });
  const back = await call(one.url + ofOther.path, { text: "3" });
  return [there.status, back.status];
}

function linesOf({ logs }: Shoal, pattern: RegExp) {
  return logs.filter(({ fields }) => pattern.test(String(fields.msg)));
}

/** Status of a request with this claim of having been relayed. */
function claiming(url: string, value: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent: false, headers: { "X-Shoal-Relayed": value, ...headers } });
    outgoing
      .on("error", reject)
      .on("response", (answer) => resolve(answer.resume().statusCode ?? 0))
      .end();
  });
}

test.each([
  ["with the same secret", { PEER_SECRET: OLD }, { PEER_SECRET: OLD }],
  [
    "while one has the new secret and the other one has the old",
    { PEER_SECRET: NEW, PEER_SECRET_PREVIOUS: OLD },
    { PEER_SECRET: OLD },
  ],
  [
    "while one has forgotten the old secret",
    { PEER_SECRET: NEW },
    { PEER_SECRET: NEW, PEER_SECRET_PREVIOUS: OLD },
  ],
])("instances serve each other's sessions %s", async (_what, one, other) => {
  const peers = await peersWith(one, other);
  expect(await acrossBothWays(peers)).toEqual([200, 200]);
  for (const peer of peers)
    expect([...linesOf(peer, isRefusedThere), ...linesOf(peer, isRefusedHere)]).toEqual([]);
});

test("instances with different secrets do not, and each says once a minute which one it is about", async () => {
  const beganAtMs = performance.now();
  const peers = await peersWith({ PEER_SECRET: OLD }, { PEER_SECRET: WRONG });
  await eventually(async () => {
    expect(await acrossBothWays(peers)).toEqual([403, 403]);
    const [one, other] = peers.map((peer) =>
      linesOf(peer, isRefusedHere).map(({ fields }) => fields.claimsToBe),
    );
    for (const named of [one, other]) expect(named).toContainEqual(expect.stringMatching(/^http:/));
  });
  for (let round = 0; round < 3; round += 1) expect(await acrossBothWays(peers)).toEqual([403, 403]);

  for (const [peer, other] of [peers, [...peers].reverse()] as [Shoal, Shoal][]) {
    const { port } = new URL(other.url);
    await peer.waitForLog(logged(REFUSED_THERE));
    for (const line of [isRefusedThere, isRefusedHere]) {
      const named = linesOf(peer, line).map(({ fields }) => fields.peer ?? fields.claimsToBe);
      const most = peer.workers().size * (1 + Math.floor((performance.now() - beganAtMs) / 60_000));
      // Until it has heard of the other one, it cannot name it.
      const urls = named.filter((name) => name !== "unknown");
      expect(new Set(urls)).toEqual(new Set([`http://127.0.0.1:${port}`]));
      expect(urls.length).toBeLessThanOrEqual(most);
      expect(named.length - urls.length).toBeLessThanOrEqual(most);
    }
    expect(JSON.stringify(peer.logs)).not.toMatch(/o{32}|w{32}/);
  }
});

test("who forges the header gains nothing: no session, no larger header, no address", async () => {
  const [a, b] = (await peersWith({ PEER_SECRET: OLD }, { PEER_SECRET: OLD })) as [Shoal, Shoal];
  const [own, others] = [await openPollingSession(a.url), await openPollingSession(b.url)];
  const key = own.path.slice(-8);
  const forged = `1.${key}.${Date.now()}.${"a".repeat(43)}`;
  for (const claim of ["1", "", forged]) {
    for (const { path } of [own, others]) expect(await claiming(a.url + path, claim)).toBe(403);
    expect(await claiming(`${a.url}/socket.io/?EIO=4&transport=polling`, claim)).toBe(403);
  }
  expect(await claiming(a.url + own.path, forged, { "X-Long": "x".repeat(16_300) })).toBe(431);
  // Elsewhere it means nothing.
  expect(await claiming(`${a.url}/health`, forged)).toBe(200);

  const connection = await openRaw(a.url);
  const upgrade = own.path.replace("polling", "websocket");
  connection.socket.write(
    `GET ${upgrade} HTTP/1.1\r\nHost: shoal\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
      `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nX-Shoal-Relayed: ${forged}\r\n\r\n`,
  );
  expect(await connection.receive(/^HTTP\/1.1 \d+ /)).toMatch(/^HTTP\/1.1 403 /);

  // Nobody else is harmed, and the forger does not fill the log.
  expect(await acrossBothWays([a, b])).toEqual([200, 200]);
  expect(linesOf(a, isRefusedHere).length).toBeLessThanOrEqual(2);
});

test("production does not start with a PEER_URL and no secret, and says why", async () => {
  const shoal = await launchShoal({
    mongodbUri: mongo.uriFor(),
    env: { NODE_ENV: "production", PEER_URL: "http://127.0.0.1:3000" },
  });
  const { code } = await shoal.expectExit();
  expect(code).toBe(1);
  expect(shoal.logs.map(({ text }) => text).join()).toContain("PEER_SECRET is required when PEER_URL is set");
});
