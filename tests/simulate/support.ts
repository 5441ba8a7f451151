import { begin, type RunOptions, type Simulation } from "../../tools/simulate/run.js";
import type { Scenario } from "../../tools/simulate/scenario.js";
import { SCENARIOS } from "../../tools/simulate/scenarios.js";

/** A fleet of a size for tests, without other work. */
export const SMALL: RunOptions = {
  ...{ clients: 600, instances: 6, workers: 2, cores: undefined, zones: 3, healthMs: 10_000, surge: 1 },
  ...{ outageMs: 5000, tokenMs: 120_000, libraryShare: 0.5, roomSize: 20, tries: 2 },
  balancer: "round-robin",
  seed: "1",
  coefficients: {
    usPerDeal: 100,
    usPerHandshake: 500,
    usPerRefusal: 200,
    usPerToken: 160,
    usPerMessage: 150,
  },
  otherWork: { perConnection: 0, perClient: 0 },
  variables: {},
};

export function scenarioOf(name: string): Scenario {
  const scenario = SCENARIOS.find((one) => one.name === name);
  if (scenario === undefined) throw new Error(`no scenario ${name}`);
  return scenario;
}

/** Begins it, and looks at it ten times a second of its time. Ends with the test's `finally`. */
export function watched(
  name: string,
  options: RunOptions,
  look: (simulation: Simulation) => void,
): Simulation {
  const simulation = begin(scenarioOf(name), options);
  setInterval(() => look(simulation), 100); // of the simulation's time
  return simulation;
}
