import { percentile } from "../percentile.js";
import type { Phase, Point, Seen } from "./flood.js";
import { median } from "./sums.js";

/** The two times that others wait: for an answer of the worker alone, and for an acknowledgement of what is stored. */
export type Wait = "answersMs" | "storedMs";

/** The median of the rounds. */
export function p99Of({ rounds }: Point, phase: Phase, wait: Wait): number {
  return median(rounds.map((round) => p99(round[phase], wait)));
}

/**
 * The p99 under attack, of that while the same attacker attacks somebody else: the median of the rounds, whose phases are next to each other.
 * A stall of the machine falls into one phase of one round, and decides a p99 of all rounds together. Without bound when somebody was
 * not answered.
 */
export function ratioOf({ rounds }: Point, wait: Wait): number {
  const failed = rounds.some(({ attacked }) => attacked.victims.failed > 0);
  return failed ? Number.POSITIVE_INFINITY : median(ratiosOf(rounds, wait));
}

/** The lowest and the highest ratio of a round. */
export function spreadOf({ rounds }: Point, wait: Wait): readonly [number, number] {
  const ratios = ratiosOf(rounds, wait);
  return [Math.min(...ratios), Math.max(...ratios)];
}

function ratiosOf(rounds: Point["rounds"], wait: Wait): number[] {
  return rounds.map(({ attacked, elsewhere }) => p99(attacked, wait) / p99(elsewhere, wait));
}

function p99({ victims }: Seen, wait: Wait): number {
  return percentile(victims[wait], 0.99);
}

/** Part of a core that the server used in this phase, on average. */
export function coreOf({ rounds }: Point, phase: Phase): number {
  return rounds.reduce((sum, round) => sum + round[phase].core, 0) / rounds.length;
}

/** Of all floods of a point, per second. */
export function perSecond({ floods }: Point, what: "granted" | "refused"): number {
  const sum = (name: "granted" | "refused" | "seconds") => floods.reduce((all, one) => all + one[name], 0);
  return sum(what) / sum("seconds");
}
