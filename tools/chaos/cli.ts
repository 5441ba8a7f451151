import type { Fault } from "../../tests/chaos/fault.js";
import { ALL_FAULTS, createRounds, faultsNamed } from "../../tests/chaos/plan.js";
import { createPrng } from "../../tests/chaos/prng.js";
import { type ChaosRun, startChaos } from "../../tests/chaos/runner.js";
import { progressLine, summary } from "../../tests/chaos/summary.js";
import { aborted } from "../shared/aborted.js";

/** What the command line says; see the usage in tools/chaos.mjs. */
export interface CliOptions {
  readonly minutes: number;
  readonly seed: string;
  readonly instances: number;
  readonly workers: number;
  readonly clients: number;
  readonly rooms: number;
  readonly rate: number;
  readonly convergeSeconds: number;
  /** Whether clients have tokens that are renewed all the time, and limits are on. */
  readonly auth: boolean;
  /** Words in names of faults; none means all. */
  readonly faults: readonly string[];
}

const PROGRESS_EVERY_MS = 5000;

export function faultNames(): string[] {
  return ALL_FAULTS.map(({ name }) => name);
}

/**
 * Runs until the time is over or `interrupted` is aborted, printing progress and a summary by `print`. Resolves with the
 * exit code: 0, or 1 when anything was violated. What it started ends with the clean-up of tests/support.
 */
export async function runChaosCli(
  options: CliOptions,
  print: (text: string) => void,
  interrupted: AbortSignal,
): Promise<number> {
  const startMs = performance.now();
  const rounds = createRounds(faultsNamed(options.faults), createPrng(options.seed).fork("rounds"));
  let current: readonly string[] = [];
  let endAtMs: number | undefined;
  const run = await startChaos({
    ...options,
    brief: false,
    convergeMs: options.convergeSeconds * 1000,
    plan(): readonly Fault[] | undefined {
      // From the first fault on: how long the servers take to start depends on the machine.
      endAtMs ??= performance.now() + options.minutes * 60_000;
      return performance.now() < endAtMs ? rounds() : undefined;
    },
    onStart(names) {
      current = names;
    },
    onStep(step) {
      print(`  ${step.names.join(" + ")}: all is well again after ${Math.round(step.convergedMs)} ms`);
      for (const violation of step.violations) print(`  VIOLATION ${violation}`);
    },
  });
  const timer = setInterval(() => print(progressLine(run, current, startMs)), PROGRESS_EVERY_MS);
  await Promise.race([run.done, aborted(interrupted)]);
  clearInterval(timer);
  print(summary(run, options.seed, performance.now() - startMs, interrupted.aborted));
  return isClean(run) ? 0 : 1;
}

function isClean({ world }: ChaosRun): boolean {
  return world.ledger.violations.length === 0;
}
