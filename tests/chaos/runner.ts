import type { Fault, FaultContext } from "./fault.js";
import { type Load, type LoadOptions, startLoad } from "./load.js";
import { createPrng, type Prng } from "./prng.js";
import { startWorld, type World, type WorldOptions } from "./world.js";

export interface ChaosOptions extends WorldOptions, LoadOptions {
  readonly seed: string;
  readonly brief: boolean;
  /** What to inject next, one after the other; those of one step at the same time. Ends the run with undefined. */
  readonly plan: (step: number, rng: Prng) => readonly Fault[] | undefined;
  /** Longest time from the end of a fault until everyone has everything, in ms, where that is more than four starts of the machines. */
  readonly convergeMs: number;
  readonly onStart?: (names: readonly string[]) => void;
  readonly onStep?: (step: Step) => void;
}

/** One injection and what came of it. */
export interface Step {
  readonly names: readonly string[];
  readonly convergedMs: number;
  /** What was found wrong in this step and not before. */
  readonly violations: readonly string[];
}

export interface ChaosRun {
  readonly world: World;
  /** Longest time from the end of a fault until everyone has everything, in ms, on this machine. */
  readonly convergeMs: number;
  readonly steps: readonly Step[];
  readonly measures: ReadonlyMap<string, number>;
  readonly largestWorkerBytes: number;
  /** Resolves at the end of the plan, or soon after `stop`. */
  readonly done: Promise<void>;
  /** Ends the run after the step at work. */
  stop(): void;
}

const SAMPLE_EVERY_MS = 500;
/** From this many messages on a full comparison takes too long to make it after each step. */
const CHECK_EACH_UP_TO = 20_000;
const CHECK_EVERY_STEPS = 10;
/** How long to wait further for those that are late, to tell "late" from "never". */
const LATE_MS = 60_000;
/** Everyone may take as long as so many starts: most faults let workers start, and what is slow without being busy starts slowly, too. */
const STARTS = 4;

/** Starts the servers and the load; the faults run in the background. All ends by itself, with the test or the program. */
export async function startChaos(options: ChaosOptions): Promise<ChaosRun> {
  const rng = createPrng(options.seed);
  const world = await startWorld(options);
  const load = startLoad(world, rng.fork("load"), options);
  const convergeMs = Math.max(options.convergeMs, STARTS * world.startMs);
  const steps: Step[] = [];
  const measures = new Map<string, number>();
  let largestWorkerBytes = 0;
  let stopped = false;
  const sampler = setInterval(() => {
    largestWorkerBytes = Math.max(largestWorkerBytes, world.largestWorkerBytes());
  }, SAMPLE_EVERY_MS);

  const measure: FaultContext["measure"] = (what, value) =>
    void measures.set(what, Math.max(measures.get(what) ?? 0, value));

  async function run(): Promise<void> {
    await load.converge(LATE_MS);
    for (let index = 0; !stopped; index += 1) {
      const faults = options.plan(index, rng.fork(`plan ${index}`));
      if (faults === undefined) break;
      options.onStart?.(faults.map(({ name }) => name));
      const context = { world, load, brief: options.brief, measure };
      const step = await runStep(context, faults, rng.fork(`step ${index}`), index);
      steps.push(step);
      options.onStep?.(step);
    }
    load.pause();
    await settle(world, load, convergeMs);
    await judge(world, load);
    load.stop();
  }

  async function runStep(
    context: Omit<FaultContext, "rng">,
    faults: readonly Fault[],
    chance: Prng,
    index: number,
  ): Promise<Step> {
    const before = world.ledger.violations.length;
    await Promise.all(
      faults.map(async (fault) => {
        await fault.inject({ ...context, rng: chance.fork(fault.name) }).catch((error: unknown) => {
          world.ledger.complain("other", `${fault.name}: ${error}`);
        });
      }),
    );
    // Silence afterwards finds a lost tail, which further messages would bring to light and so hide.
    if (chance.chance(0.5)) load.pause();
    const convergedMs = await settle(world, load, convergeMs);
    load.pause();
    await settle(world, load, convergeMs);
    if (world.ledger.counts.acked < CHECK_EACH_UP_TO || index % CHECK_EVERY_STEPS === 0) {
      await judge(world, load);
    }
    load.resume();
    const violations = world.ledger.violations.slice(before);
    return { names: faults.map(({ name }) => name), convergedMs, violations };
  }

  const done = run().finally(() => clearInterval(sampler));
  return {
    world,
    convergeMs,
    steps,
    measures,
    get largestWorkerBytes() {
      return largestWorkerBytes;
    },
    done,
    stop() {
      stopped = true;
    },
  };
}

/** Waits until everyone has everything; too late is a violation. */
async function settle(world: World, load: Load, withinMs: number): Promise<number> {
  const start = performance.now();
  try {
    return await load.converge(withinMs);
  } catch (error) {
    const warnings = world.machines.map(({ name, warnings }) => `${name}: ${warnings.join("\n")}`).join("\n");
    world.ledger.complain("other", `not converged in ${withinMs} ms: ${error}\nlast warnings:\n${warnings}`);
    await load.converge(LATE_MS).catch((never: unknown) => {
      world.ledger.complain("lost", `not converged in ${withinMs + LATE_MS} ms: ${never}`);
    });
    return performance.now() - start;
  }
}

async function judge(world: World, load: Load): Promise<void> {
  for (const machine of world.machines) machine.checkAlive();
  world.ledger.check(await world.stored(load.rooms));
}
