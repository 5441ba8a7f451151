import { emitAck } from "../support/connect-client.js";
import { startMongo } from "../support/mongo.js";
import { type Crowd, startCrowd } from "../support/nginx-crowd.js";
import { type ProxiedRequest, type RoundRobin, startRoundRobin } from "../support/nginx-round-robin.js";
import { spawnPeers } from "../support/spawn-peers.js";
import { eventually } from "../support/wait.js";

// Nothing in front knows of sessions: each request goes to the next instance, and finds its session.

const COUNT = 30;
const ROUNDS = 6;
const CONNECT_WITHIN_MS = 20_000;

let nginx: RoundRobin;
let instances: string[];

beforeAll(async () => {
  const mongo = await startMongo();
  // Heartbeats so short that some fall between the rounds.
  const env = { PING_INTERVAL_MS: "500", PING_TIMEOUT_MS: "20000" };
  const shoals = await spawnPeers(mongo.uriFor(), [
    { workers: 2, env: { ...env, ROUTING: "forward" } },
    { workers: 2, env: { ...env, ROUTING: "sticky" } },
    { workers: 1, env },
  ]);
  instances = shoals.map(({ instance }) => instance);
  nginx = await startRoundRobin(shoals.map(({ url }) => url.replace("localhost", "127.0.0.1")));
});

/** Everybody asks in turns, and stays for some heartbeats. */
async function live({ visitors }: Crowd): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const answers = await Promise.all(
      visitors.map(({ socket }) => emitAck(socket, "join", { room: `room-${round}` }, 10_000)),
    );
    expect(answers).toEqual(visitors.map(() => ({ ok: true, room: `room-${round}` })));
  }
  const fewestPings = () => Math.min(...visitors.map(({ pings }) => pings));
  await eventually(() => expect(fewestPings()).toBeGreaterThanOrEqual(2), { withinMs: 10_000 });
}

test.each([
  ["polling only", 0, { transports: ["polling"] as const }],
  ["polling, then WebSocket", COUNT, {}],
])("30 clients keep their sessions: %s", async (_kind, upgrades, options) => {
  const crowd = startCrowd({ ...options, url: nginx.url, count: COUNT });

  await crowd.settled(CONNECT_WITHIN_MS);
  await live(crowd);

  expect(crowd.troubles()).toEqual([]);
  expect(crowd.visitors.flatMap(({ ends }) => ends)).toEqual([]);
  expect(Object.keys(crowd.byInstance()).sort()).toEqual([...instances].sort());
  const sids = new Set(crowd.visitors.map(({ socket }) => socket.io.engine.id));
  const requests = () => nginx.requests().filter(({ sid }) => sids.has(sid));
  // Before anybody goes: a client that leaves asks on while it says so.
  expect(requests().filter(({ status }) => status !== 200)).toEqual([]);
  expectSpread(requests());
  for (const { socket } of crowd.visitors) socket.disconnect();
  // A WebSocket is logged at its end.
  await eventually(() => expect(requests().filter(({ status }) => status === 101)).toHaveLength(upgrades));
});

/** There is something to see here: the requests of nearly every session went to several instances. */
function expectSpread(requests: readonly ProxiedRequest[]): void {
  const upstreams = new Map<string, Set<string>>();
  for (const { sid, upstream } of requests)
    upstreams.set(sid, (upstreams.get(sid) ?? new Set()).add(upstream));
  expect(upstreams.size).toBe(COUNT);
  expect([...upstreams.values()].filter(({ size }) => size >= 2).length).toBeGreaterThanOrEqual(0.8 * COUNT);
}
