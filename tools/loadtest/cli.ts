import { writeFile } from "node:fs/promises";
import type { Outcome } from "./outcome.js";
import type { Options } from "./plan.js";
import { probe } from "./probe.js";
import { htmlReport } from "./report/html.js";
import { runLoad } from "./run.js";
import { progressLine, summaryText } from "./text.js";

/**
 * Runs a load test, printing progress and the summary by `print`, and writes both reports. Resolves with the exit code: 0, or 1
 * when the target cannot be reached or a threshold was not kept. `interrupted` ends it early, with all of that.
 */
export async function runLoadtestCli(
  options: Options,
  print: (text: string) => void,
  interrupted: AbortSignal,
): Promise<number> {
  let address: string | undefined;
  try {
    address = await probe(options);
  } catch (error) {
    print(error instanceof Error ? error.message : String(error));
    return 1;
  }
  const processes = options.processes === 1 ? "one process" : `${options.processes} processes`;
  print(`${options.connections} connections of ${processes} to ${options.url}`);
  const onPoint = (point: Outcome["points"][number]) => print(progressLine(point));
  const outcome = await runLoad({ options, address, interrupted, onPoint });
  print(summaryText(outcome));
  return (await written(outcome, print)) && outcome.violations.length === 0 ? 0 : 1;
}

async function written(outcome: Outcome, print: (text: string) => void): Promise<boolean> {
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
