import { runSimulation } from "./simulation/simulation.js";
import { range } from "./support/bench.js";

const SEEDS_PER_TEST = 25;

/**
 * The real log, readers and client library against kills, pauses, fail-overs with rollback, lost and late calls, a
 * lossy bus, cut connections, retention and a restored log. A failing seed repeats: `runSimulation(seed)`.
 */
describe("simulated rooms", () => {
  test.each([1, 26])("keep every promise, with 25 seeds from %i", async (first) => {
    const reports = [];
    for (const seed of range(first, first + SEEDS_PER_TEST - 1)) reports.push(await runSimulation(seed));

    const failures = reports.filter(({ failures }) => failures.length > 0);
    expect(failures.map(({ seed, failures }) => ({ seed, failures: failures.slice(0, 3) }))).toEqual([]);
    // A run in which nothing happens would prove nothing.
    expect(Math.min(...reports.map(({ published }) => published))).toBeGreaterThan(500);
    expect(Math.min(...reports.map(({ kills }) => kills))).toBeGreaterThan(2);
    expect(Math.min(...reports.map(({ tombstones }) => tombstones))).toBeGreaterThan(0);
  });
});
