import { within } from "../support/wait.js";
import type { Fault } from "./fault.js";
import { ALL_FAULTS } from "./plan.js";
import { type ChaosRun, type Step, startChaos } from "./runner.js";
import { progressLine } from "./summary.js";

// Each row is one step; the faults of a row, which touch different things, run at the same time.
const STEPS: readonly (readonly string[])[] = [
  ["workers killed in a loop"],
  ["instance killed"],
  ["primary killed"],
  ["worker paused", "redis half-open"],
  ["rolling restart"],
  ["workers reloaded"],
  ["redis down"],
  ["redis subscribers cut", "clients stop reading"],
  ["redis links reset", "mongodb links reset"],
  ["mongodb killed"],
  ["mongodb unreachable", "clients half-open"],
  ["mongodb answers lost"],
  ["clients cut at random bytes"],
  ["all links slow"],
  ["death between counter and insert"],
  ["death between insert and publish"],
  ["acknowledged messages sent again"],
  ["offline longer than retention"],
  ["log restored under a new epoch"],
];

/** By the clock, for what hangs without a bound. */
const GIVE_UP_MS = 1_200_000;

function faultNamed(name: string): Fault {
  const fault = ALL_FAULTS.find((one) => one.name === name);
  if (fault === undefined) throw new RangeError(`no fault is called ${name}`);
  return fault;
}

describe("an acknowledged message is stored once and shown once to everyone, in one order", () => {
  let run: ChaosRun;
  const steps = new Map<string, Step>();

  // One load over all faults: what one of them leaves behind, the next one meets.
  beforeAll(async () => {
    const startMs = performance.now();
    let current: readonly string[] = [];
    run = await startChaos({
      seed: "the matrix",
      instances: 2,
      workers: 2,
      clients: 20,
      rooms: 4,
      rate: 120,
      brief: true,
      convergeMs: 15_000,
      plan: (step) => STEPS[step]?.map(faultNamed),
      onStart: (names) => {
        current = names;
      },
      onStep: (step) => void steps.set(step.names.join(" and "), step),
    });
    await within(run.done, (STEPS.length + 1) * run.convergeMs, "the run").catch((cause: unknown) => {
      const found = run.world.ledger.violations.slice(0, 10).join("\n");
      throw new Error(`${progressLine(run, current, startMs)}\n${found}`, { cause });
    });
  }, GIVE_UP_MS);

  test.each(STEPS.map((names) => names.join(" and ")))("%s", (name) => {
    expect(steps.get(name)?.violations).toEqual([]);
  });

  test("every fault there is was injected", () => {
    expect(STEPS.flat().toSorted()).toEqual(ALL_FAULTS.map(({ name }) => name).toSorted());
  });

  test("over the whole run nothing was lost, duplicated or reordered, and there was something to lose", () => {
    const { violations, counts } = run.world.ledger;

    expect(violations).toEqual([]);
    expect(counts.acked).toBeGreaterThan(1000);
    expect(counts.delivered).toBeGreaterThan(5 * counts.acked);
  });

  test("a number that a dead worker has taken holds readers up for less than 2.5 s", () => {
    expect(run.measures.get("stall after a lost number, ms")).toBeLessThan(2500);
  });
});
