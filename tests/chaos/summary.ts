import type { ChaosRun } from "./runner.js";

const MIB = 1024 * 1024;

/** One line about a run that goes on. */
export function progressLine(run: ChaosRun, current: readonly string[], startMs: number): string {
  const { counts, violations } = run.world.ledger;
  const seconds = Math.round((performance.now() - startMs) / 1000);
  return [
    `${seconds} s`,
    `${counts.acked}/${counts.published} acknowledged`,
    `${counts.delivered} delivered`,
    `${run.steps.length} steps`,
    `${violations.length} violations`,
    current.join(" + ") || "starting",
  ].join(" | ");
}

/** What a run has shown, and how to repeat its schedule. */
export function summary(run: ChaosRun, seed: string, tookMs: number, interrupted: boolean): string {
  const { counts, kinds, violations } = run.world.ledger;
  const worstMs = Math.max(0, ...run.steps.map(({ convergedMs }) => convergedMs));
  return [
    "",
    `${interrupted ? "Interrupted" : "Done"} after ${Math.round(tookMs / 1000)} s, seed ${seed}`,
    `messages published     ${counts.published}`,
    `messages acknowledged  ${counts.acked}`,
    `messages delivered     ${counts.delivered}`,
    `lost                   ${kinds.lost}`,
    `duplicated             ${kinds.duplicated}`,
    `reordered              ${kinds.reordered}`,
    `other violations       ${kinds.other}`,
    `worst convergence      ${Math.round(worstMs)} ms`,
    `largest worker         ${Math.round(run.largestWorkerBytes / MIB)} MiB`,
    ...[...run.measures].map(([what, value]) => `${what.padEnd(22)} ${Math.round(value)}`),
    "faults (times, worst convergence):",
    ...faultLines(run),
    ...violations.map((violation) => `VIOLATION ${violation}`),
    ...(violations.length === 0 ? [] : [`Repeat this schedule with: npm run chaos -- --seed ${seed}`]),
  ].join("\n");
}

function faultLines({ steps }: ChaosRun): string[] {
  const byName = new Map<string, number[]>();
  for (const { names, convergedMs } of steps) {
    for (const name of names) byName.set(name, [...(byName.get(name) ?? []), convergedMs]);
  }
  return [...byName].map(([name, times]) => {
    return `  ${name.padEnd(36)} ${String(times.length).padStart(3)}  ${Math.round(Math.max(...times))} ms`;
  });
}
