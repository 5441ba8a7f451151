import { createPrng } from "../../tests/chaos/prng.js";
import type { BalancerKind } from "./balancer.js";
import type { Coefficients, OtherWork } from "./costs.js";
import { Fleet } from "./fleet.js";
import type { Outcome } from "./outcome.js";
import type { Course, Scenario, Setting, Stage } from "./scenario.js";
import { readSettings } from "./settings.js";
import { takeOver } from "./take-over.js";
import { VirtualTime } from "./virtual-time.js";

/** What a run is made of. */
export interface RunOptions extends Setting {
  readonly seed: string;
  /** Of an instance; undefined: one for each of its workers. */
  readonly cores: number | undefined;
  readonly balancer: BalancerKind;
  /** Instances that the balancer asks for one handshake. */
  readonly tries: number;
  readonly coefficients: Coefficients;
  readonly otherWork: OtherWork;
  /** Variables of the service. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Who is not back so long after all has happened does not come back, in milliseconds. */
const MOST_AWAY_MS = 600_000;
/** How much longer it is looked at when everybody is back. */
const AFTER_MS = 3000;

/** A simulated fleet, for tests that look into it. */
export interface Simulation {
  readonly stage: Stage;
  readonly course: Course;
  /** Lets it take its course; `onProgress` hears of it every two seconds. */
  finish(onProgress?: (line: string) => void): Promise<Outcome>;
  /** Gives clocks, timers and chance back to the process. */
  end(): void;
}

export function begin(scenario: Scenario, options: RunOptions): Simulation {
  const changed = scenario.changes?.(options) ?? {};
  const setting = { ...options, ...changed };
  const config = readSettings({ ...options.variables, WORKERS: String(setting.workers) });
  const time = new VirtualTime();
  const random = createPrng(`${options.seed}/${scenario.name}`).next;
  const end = takeOver(time, random);
  try {
    const { coefficients, otherWork } = options;
    const fleet = new Fleet({
      ...setting,
      time,
      plant: {
        ...{ config, coefficients, otherWork, clients: setting.clients },
        cores: setting.cores ?? setting.workers,
      },
    });
    const after = (delayMs: number, act: () => void): void => void setTimeout(act, delayMs);
    const stage = { time, fleet, setting, random, after };
    const course = scenario.begin(stage);
    const finish = async (onProgress: (line: string) => void = () => {}): Promise<Outcome> => {
      let doneAtMs = Number.POSITIVE_INFINITY;
      let backAtMs = Number.POSITIVE_INFINITY;
      const isOver = (): boolean => {
        const isNow = course.isDone();
        doneAtMs = isNow ? Math.min(doneAtMs, time.nowMs) : Number.POSITIVE_INFINITY;
        backAtMs =
          isNow && fleet.meter.away === 0 ? Math.min(backAtMs, time.nowMs) : Number.POSITIVE_INFINITY;
        return time.nowMs >= backAtMs + AFTER_MS || time.nowMs >= doneAtMs + MOST_AWAY_MS;
      };
      setInterval(() => fleet.meter.tick(), 1000); // time goes on where nothing else is due
      await time.run(isOver, Number.MAX_VALUE, () => {
        const { away } = fleet.meter;
        onProgress(
          `${scenario.name}: ${Math.round(time.nowMs / 1000)} s, ${away} clients away, ${time.events} events`,
        );
      });
      return outcomeOf(scenario, stage, course);
    };
    return { stage, course, finish, end };
  } catch (error) {
    end();
    throw error;
  }
}

/** Runs one scenario; the same options give the same outcome. */
export async function simulate(
  scenario: Scenario,
  options: RunOptions,
  onProgress?: (line: string) => void,
): Promise<Outcome> {
  const simulation = begin(scenario, options);
  try {
    return await simulation.finish(onProgress);
  } finally {
    simulation.end();
  }
}

function outcomeOf({ name, title }: Scenario, { fleet, setting, time }: Stage, course: Course): Outcome {
  const { meter, config } = fleet;
  meter.finish();
  const { total, mostOfInstance, seconds, refusals, repeats, timeouts, away } = meter;
  const most = (of: "asked" | "back"): number => Math.max(0, ...seconds.map((one) => one[of]));
  return {
    ...{ name, title, away, repeats, timeouts, seconds },
    ...{ clients: setting.clients, instances: setting.instances, workers: setting.workers },
    lost: total.lost,
    peak: {
      back: most("back"),
      backOfInstance: mostOfInstance.back,
      asked: most("asked"),
      askedOfInstance: mostOfInstance.asked,
    },
    back99Ms: meter.awayMs(0.99),
    backMs: meter.awayMs(1),
    refusals: Object.fromEntries(refusals),
    failed: total.failed,
    waitMs: total.waitMs,
    connections: Math.max(...seconds.map(({ connections }) => connections)),
    cap: config.admission.connections * setting.workers,
    lastedMs: time.nowMs,
    marks: course.marks,
    findings: course.findings?.() ?? [],
    series: course.series?.() ?? [],
  };
}
