import { setPriority } from "node:os";
import { KINDS, type Kind } from "../../tests/fuzz/case.js";
import { placeOf } from "../../tests/fuzz/plan.js";
import { type FuzzOptions, runFuzz } from "../../tests/fuzz/run.js";
import { SIDES, type SideName } from "../../tests/fuzz/side.js";
import type { Tally } from "../../tests/fuzz/tally.js";
import { aborted } from "../shared/aborted.js";
import { inviteBystander } from "./remote-bystander.js";
import { progressLine, summary } from "./summary.js";

/** What the command line says; see the usage in tools/fuzz.mjs. */
export interface CliOptions {
  readonly minutes: number;
  readonly cases: number;
  readonly seed: string;
  /** The only case to be sent; undefined for all. */
  readonly only: number | undefined;
  /** Words in names; an empty one means all. */
  readonly kind: string;
  readonly side: string;
  readonly workers: number;
  readonly lanes: number;
}

const PROGRESS_EVERY_MS = 5000;
/** The heap, caches and compiled code of a worker are as large as they will be after so many cases. */
const WARM_UP_CASES = 10_000;
const ALONE_MS = 15_000;
/** What a heap breathes; a leak of 100 bytes per input would be more after a million. */
const MOST_MEMORY = 1.5;

/** What is wrong with the words; undefined when nothing is. */
export function unknownWord({ kind, side }: CliOptions): string | undefined {
  if (!KINDS.some((name) => name.includes(kind)))
    return `No kind is called "${kind}". There are ${KINDS.join(", ")}`;
  if (!SIDES.some((name) => name.includes(side)))
    return `No side is called "${side}". There are ${SIDES.join(", ")}`;
  return undefined;
}

/**
 * Runs until the cases are sent, the time since the warm-up is over or `interrupted` is aborted, printing progress and a summary by `print`.
 * Resolves with the exit code: 0, or 1 when anything was violated. What it started ends with the clean-up of tests/support.
 */
export async function runFuzzCli(
  { minutes, cases, seed, only, kind, side, workers, lanes }: CliOptions,
  print: (text: string) => void,
  interrupted: AbortSignal,
): Promise<number> {
  let startMs = performance.now();
  let isWarm = false;
  let timer: NodeJS.Timeout | undefined;
  const warmUp = only === undefined ? Math.min(WARM_UP_CASES, Math.ceil(cases / 5)) : 0;
  const options: FuzzOptions = {
    ...{ seed, workers, warmUp, invite: inviteBystander, hasRedis: true, mostMemory: MOST_MEMORY },
    kinds: KINDS.filter((name): name is Kind => name.includes(kind)),
    sides:
      only === undefined
        ? SIDES.filter((name): name is SideName => name.includes(side))
        : [placeOf(only).side],
    ...(only === undefined ? { lanes, aloneMs: ALONE_MS } : { first: only, lanes: 1, aloneMs: 0, print }),
    goOn: (tally: Tally) =>
      !interrupted.aborted &&
      tally.begun() < (only === undefined ? cases : 1) &&
      // The time is that of what counts: a baseline of memory from a cold process is none.
      (!isWarm || performance.now() - startMs < minutes * 60_000),
    onReady(tally) {
      // Whoever shares the cores with this gives way to nobody.
      setPriority(19);
      startMs = performance.now();
      let told = 0;
      timer = setInterval(() => {
        print(progressLine(tally, startMs));
        for (const violation of tally.violations.slice(told)) print(`VIOLATION ${violation}`);
        told = tally.violations.length;
      }, PROGRESS_EVERY_MS);
    },
    onStart() {
      startMs = performance.now();
      isWarm = true;
      print("warm; now it counts");
    },
  };
  try {
    // A terminal's Ctrl-C reaches the servers, too: what is seen of them from then on says nothing.
    const result = await Promise.race([runFuzz(options), aborted(interrupted)]);
    if (result !== undefined) print(summary(result));
    return result?.tally.violations.length === 0 ? 0 : 1;
  } finally {
    clearInterval(timer);
  }
}
