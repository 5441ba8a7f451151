import { writeFile } from "node:fs/promises";
import type { Outcome } from "./outcome.js";
import type { Options } from "./plan.js";
import { probe } from "./probe.js";
import { htmlReport } from "./report/html.js";
import { runLoad } from "./run.js";
import { progressLine, summaryText } from "./text.js";

/** What the command was asked for, and where it says how things stand. */
export interface Asked {
  readonly options: Options;
  /** Of the users; the connections have them in turn. Without them each connection says a name of its own. */
  readonly tokens: readonly string[] | undefined;
  print(text: string): void;
  /** Ends the test early, with the summary and both reports. */
  readonly interrupted: AbortSignal;
}

/**
 * Runs a load test, prints progress and the summary, and writes both reports. Resolves with the exit code: 0, or 1 when the target
 * cannot be reached or a threshold was not kept.
 */
export async function runLoadtestCli({ options, tokens, print, interrupted }: Asked): Promise<number> {
  let address: string | undefined;
  try {
    address = await probe(options, tokens?.[0]);
  } catch (error) {
    print(error instanceof Error ? error.message : String(error));
    return 1;
  }
  const processes = options.processes === 1 ? "one process" : `${options.processes} processes`;
  print(`${options.connections} connections of ${processes} to ${options.url}`);
  const onPoint = (point: Outcome["points"][number]) => print(progressLine(point));
  const outcome = await runLoad({ options, tokens, address, interrupted, onPoint });
  print(summaryText(outcome));
  return (await written(outcome, print)) && outcome.violations.length === 0 ? 0 : 1;
}

async function written(outcome: Outcome, print: Asked["print"]): Promise<boolean> {
  const html = outcome.options.report;
  const json = html.replace(/(\.html?)?$/i, ".json");
  try {
    await writeFile(html, htmlReport(outcome));
    await writeFile(json, `${JSON.stringify(outcome, null, 2)}\n`);
    print(`Report: ${html} and ${json}`);
    return true;
  } catch (error) {
    print(`The report could not be written: ${error instanceof Error ? error.message : error}`);
    return false;
  }
}
