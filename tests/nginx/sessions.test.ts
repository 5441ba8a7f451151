import { Agent } from "node:http";
import { onTestEnd } from "../support/cleanup.js";
import { emitAck } from "../support/connect-client.js";
import { type Crowd, startCrowd } from "../support/nginx-crowd.js";
import { startRequests } from "../support/nginx-requests.js";
import { startTestStack, type TestStack } from "../support/nginx-stack.js";
import { eventually } from "../support/wait.js";

/** Clients of each kind, all from one address. */
const COUNT = 200;
const CONNECT_WITHIN_MS = 20_000;
const PINGS = 2;
const MESSAGES = 3;

let stack: TestStack;

beforeAll(async () => {
  // Heartbeats so short that a test can wait for some, and so few that a slow machine does not drown in them.
  stack = await startTestStack({ env: { PING_INTERVAL_MS: "4000", PING_TIMEOUT_MS: "120000" } });
});

/** Connections that many clients share: requests of different sessions follow each other on them. */
function sharedConnections(): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 2 * COUNT });
  onTestEnd(() => agent.destroy());
  return agent;
}

/** Everybody talks, and stays for some heartbeats. */
async function live({ visitors }: Crowd): Promise<void> {
  for (let round = 0; round < MESSAGES; round += 1) {
    const answers = await Promise.all(
      visitors.map(({ socket }, index) => emitAck(socket, "join", { room: `room-${index % 20}` }, 10_000)),
    );
    expect(answers.filter((answer) => !(answer as { ok: boolean }).ok)).toEqual([]);
  }
  await eventually(
    () => expect(Math.min(...visitors.map(({ pings }) => pings))).toBeGreaterThanOrEqual(PINGS),
    { withinMs: 20_000 },
  );
}

test.each([
  ["polling only", 0, { transports: ["polling"] as const }],
  ["WebSocket only", COUNT, { transports: ["websocket"] as const }],
  ["default", COUNT, {}],
  ["default, with a name of its own in the query", COUNT, { named: true }],
])("200 clients from one address keep their sessions: %s", async (_kind, upgrades, options) => {
  const logged = stack.accessLines().length;
  const requests = startRequests(stack.url);
  const crowd = startCrowd({ ...options, url: stack.url, count: COUNT, agent: sharedConnections() });

  await crowd.settled(CONNECT_WITHIN_MS);
  await live(crowd);
  await requests.stop();

  expect(crowd.troubles()).toEqual([]);
  expect(crowd.visitors.flatMap(({ ends }) => ends)).toEqual([]);
  expect(requests.failures).toEqual([]);
  expect(requests.succeeded).toBeGreaterThan(0);
  // With two instances the second try hides that the first went wrong. A WebSocket is logged at its end.
  for (const { socket } of crowd.visitors) socket.disconnect();
  const lines = () => stack.accessLines().slice(logged);
  await eventually(() =>
    expect(lines().filter((line) => line.includes('"status":101'))).toHaveLength(upgrades),
  );
  expect(lines().filter((line) => /"upstreamStatus":"404, [12]/.test(line))).toEqual([]);
});

test("clients with a name of their own are spread over the instances, whatever their transport", async () => {
  const crowds = [["polling"] as const, ["websocket"] as const].map((transports) =>
    startCrowd({ url: stack.url, count: 50, transports, named: true }),
  );

  for (const crowd of crowds) {
    await crowd.settled(CONNECT_WITHIN_MS);
    const { app1 = 0, app2 = 0 } = crowd.byInstance();
    expect(app1 + app2).toBe(50);
    expect(Math.min(app1, app2)).toBeGreaterThanOrEqual(10);
    expect(crowd.troubles()).toEqual([]);
  }
});
