import { PLACE } from "../../tools/simulate/population.js";
import { type RunOptions, type Simulation, simulate } from "../../tools/simulate/run.js";
import { SCENARIOS } from "../../tools/simulate/scenarios.js";
import { SMALL, scenarioOf, watched } from "./support.js";

/** What is wrong with where clients are; nothing when each is in one place. */
function misplaced({ stage }: Simulation): string[] {
  const { clients, meter, workers } = stage.fleet;
  const { connected, away, connections } = stage.fleet.census();
  const astray = [...clients.place.keys()].filter(
    (client) =>
      (clients.place[client] === PLACE.connected) !== (workers[clients.worker[client] ?? -1] !== undefined),
  );
  // A worker has let in one besides whom it has not answered yet.
  const isFitting = connections >= connected && connections <= connected + workers.length;
  return [
    ...(connected + away === clients.size ? [] : ["a client is nowhere, or twice"]),
    ...(away === meter.away ? [] : [`${meter.away} are said to be away, of ${away}`]),
    ...(isFitting ? [] : [`${connections} connections of ${connected} clients`]),
    ...(astray.length === 0
      ? []
      : [`${astray.length} clients without the worker that they are connected to`]),
  ];
}

/** Instances of which the balancer thinks that they have other connections than they have, when nobody is asking. */
function miscounted({ stage }: Simulation): string[] {
  const wrong = stage.fleet.instances.filter(({ balanced, connections }) => balanced !== connections);
  return wrong.map(({ number, balanced, connections }) => `${number}: ${balanced} of ${connections}`);
}

async function finished(name: string, options: RunOptions, look: (simulation: Simulation) => void) {
  const simulation = watched(name, options, look);
  try {
    return { simulation, outcome: await simulation.finish() };
  } finally {
    simulation.end();
  }
}

// In `silent` clients do not know for a while that their instance is gone.
test.each(SCENARIOS.map(({ name }) => name).filter((name) => name !== "silent"))(
  "%s: at any time each client is in one place, and in the end all are connected",
  async (name) => {
    const problems: string[] = [];
    const { outcome, simulation } = await finished(
      name,
      SMALL,
      (now) => void problems.push(...misplaced(now)),
    );

    expect([...new Set([...problems, ...misplaced(simulation), ...miscounted(simulation)])]).toEqual([]);
    expect(outcome.away).toBe(0);
    expect(simulation.stage.fleet.census()).toEqual({
      connected: outcome.clients,
      away: 0,
      connections: outcome.clients,
    });
    expect(outcome.seconds.reduce((sum, { lost, back }) => sum + lost - back, 0)).toBe(0);
  },
);

test("a zone that is lost without a word is noticed between one timeout and one interval later", async () => {
  const { outcome } = await finished("silent", SMALL, () => {});

  expect([outcome.lost, outcome.away]).toEqual([200, 0]);
  const lostIn = outcome.seconds.filter(({ lost }) => lost > 0).map(({ second }) => second);
  expect(Math.min(...lostIn)).toBeGreaterThanOrEqual(22);
  expect(Math.max(...lostIn)).toBeLessThanOrEqual(47);
});

test("no worker takes more handshakes, or has more connections, than its settings say", async () => {
  const [rate, cap] = [5, 55];
  const variables = { MAX_HANDSHAKES_PER_SECOND: `${rate}`, MAX_CONNECTIONS_PER_WORKER: `${cap}` };
  let most = 0;
  const options = { ...SMALL, clients: 400, healthMs: 0, variables };
  const { outcome } = await finished("zone", options, ({ stage }) => {
    most = Math.max(most, ...stage.fleet.workers.map(({ connections }) => connections));
  });

  expect(most).toBeLessThanOrEqual(cap);
  // Eight workers are left: what a bucket holds, and what a second brings.
  expect(outcome.peak.back).toBeLessThanOrEqual(8 * 2 * rate);
  expect(outcome.peak.backOfInstance).toBeLessThanOrEqual(2 * 2 * rate);
  expect(outcome.refusals).toEqual(expect.objectContaining({ rate: expect.any(Number) }));
  expect(outcome.cap).toBe(2 * cap);
  expect(outcome.away).toBe(0);
});

test("a deploy sends everybody away over the drain window, one instance after the other", async () => {
  const variables = { DRAIN_WINDOW_MS: "20000" };
  const outcome = await simulate(scenarioOf("deploy"), { ...SMALL, variables });

  expect(outcome.lost).toBeGreaterThanOrEqual(SMALL.clients);
  // About a hundred connections over twenty seconds; chance, and those that have come besides.
  expect(Math.max(...outcome.seconds.map(({ lost }) => lost))).toBeLessThan(40);
  expect(outcome.refusals).toEqual({});
  expect(outcome.seconds.length).toBeGreaterThan(6 * 70);
});

test("without a window all connections of an instance end with it, and their clients come back", async () => {
  const problems: string[] = [];
  const variables = { DRAIN_WINDOW_MS: "0" };
  const { outcome, simulation } = await finished("deploy", { ...SMALL, clients: 120, variables }, (now) => {
    problems.push(...misplaced(now));
  });

  expect([...problems, ...miscounted(simulation)]).toEqual([]);
  expect(outcome.away).toBe(0);
  expect(Math.max(...outcome.seconds.map(({ lost }) => lost))).toBeGreaterThanOrEqual(20);
});

test("handshakes that were given up are still served, and keep others waiting, who give up in their turn", async () => {
  const problems: string[] = [];
  // Each is too short for the event loop's lag to tell of them.
  const slow = { ...SMALL, clients: 1600, coefficients: { ...SMALL.coefficients, usPerHandshake: 150_000 } };
  const { outcome, simulation } = await finished(
    "worker",
    slow,
    (now) => void problems.push(...misplaced(now)),
  );

  // 400 handshakes of 0.15 s on two cores take 30 s; those of them that wait for more than 20 s are begun again.
  expect(problems).toEqual([]);
  expect(outcome.timeouts).toBeGreaterThan(20);
  expect(outcome.waitMs).toBe(20_000);
  expect(outcome.backMs).toBeGreaterThan(35_000);
  expect([outcome.away, ...miscounted(simulation)]).toEqual([0]);
});

test("the same seed gives the same outcome, and another one another", async () => {
  const run = (seed: string) => simulate(scenarioOf("zone"), { ...SMALL, seed });
  const [first, again, other] = [await run("a"), await run("a"), await run("b")];

  expect(again).toEqual(first);
  expect(other.seconds).not.toEqual(first.seconds);
});

test("without Redis nobody is disconnected, MongoDB is asked more often, and all hear each other again", async () => {
  const outcome = await simulate(scenarioOf("redis"), SMALL);
  const found = Object.fromEntries(outcome.findings);

  expect([outcome.lost, outcome.peak.asked]).toEqual([0, 0]);
  const [without = 0] = (found["without Redis; most in a second"] ?? "").split("; ").map(Number);
  expect(without).toBeGreaterThan(2 * Number(found["queries/s of the sweeps to MongoDB: with Redis"]));
  expect(Number(found["s from its return until all workers hear each other"])).toBeLessThan(3);
});

test("tokens are renewed in place where the client library is, and a new key is asked for once an instance", async () => {
  const outcome = await simulate(scenarioOf("keys"), { ...SMALL, libraryShare: 0.5 });
  const found = Object.fromEntries(outcome.findings);
  const last = (name: string) => Number(found[name]?.split("; ").at(-1));

  const [renewed, closed] = [
    last("renewals in place, most in a second; all"),
    last("connections closed for their token, most in a second; all"),
  ];
  // A third of 600 clients at about the same time, and most of the others, as tokens live for two minutes.
  expect(renewed).toBeGreaterThan(150);
  expect(closed).toBeGreaterThan(150);
  expect(outcome.lost).toBe(closed);
  expect(last("tokens asked for, most in a second; all")).toBeGreaterThanOrEqual(renewed + closed);
  const asked = last("requests for the key set, most in a second; all");
  expect(asked).toBeGreaterThanOrEqual(SMALL.instances);
  expect(asked).toBeLessThanOrEqual(SMALL.instances * SMALL.workers * 3);
});
