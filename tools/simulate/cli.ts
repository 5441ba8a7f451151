import { writeFileSync } from "node:fs";
import { StartError } from "../../src/engine/process/start-error.js";
import { htmlReport } from "./html.js";
import type { Outcome } from "./outcome.js";
import { type RunOptions, simulate } from "./run.js";
import { SCENARIOS } from "./scenarios.js";
import { readSettings } from "./settings.js";
import { textOf } from "./text.js";

/** What the command line says; see the usage in tools/simulate.mjs. */
export interface CliOptions extends RunOptions {
  /** Names of scenarios; none means all. */
  readonly scenarios: readonly string[];
  /** Files to write; undefined: none. */
  readonly json: string | undefined;
  readonly html: string | undefined;
}

/** What is wrong with the options; undefined when nothing is. */
export function problemOf({ scenarios, variables, workers }: CliOptions): string | undefined {
  const names = SCENARIOS.map(({ name }) => name);
  const unknown = scenarios.find((one) => !names.includes(one));
  if (unknown !== undefined) return `No scenario is called "${unknown}". There are ${names.join(", ")}`;
  if ("WORKERS" in variables) return "--env: the workers are those of --workers";
  try {
    readSettings({ ...variables, WORKERS: String(workers) });
    return undefined;
  } catch (error) {
    if (error instanceof StartError) return `--env: ${error.message}`;
    throw error;
  }
}

/** Runs the scenarios one after the other, printing what comes of each by `print` and how far it is by `tell`. */
export async function runSimulateCli(
  options: CliOptions,
  print: (text: string) => void,
  tell: (line: string) => void,
): Promise<void> {
  const { scenarios, json, html } = options;
  const outcomes: Outcome[] = [];
  for (const scenario of SCENARIOS) {
    if (scenarios.length > 0 && !scenarios.includes(scenario.name)) continue;
    const startMs = performance.now();
    const outcome = await simulate(scenario, options, tell);
    outcomes.push(outcome);
    print(textOf(outcome));
    tell(`${scenario.name}: simulated in ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
  }
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ options, outcomes })}\n`);
  if (html !== undefined) writeFileSync(html, htmlReport(options, outcomes));
}
