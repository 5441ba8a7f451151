import { percentile } from "../percentile.js";
import type { Phase, Point, Seen } from "./flood.js";

/** The two times that others wait: for an answer of the worker alone, and for an acknowledgement of what is stored. */
export type Wait = "answersMs" | "storedMs";

/** Of all rounds together. */
export function p99Of({ rounds }: Point, phase: Phase, wait: Wait): number {
  return percentile(
    rounds.flatMap((round) => round[phase].victims[wait]),
    0.99,
  );
}

/** The p99 under attack, of that while the same attacker attacks somebody else; without bound when somebody was not answered. */
export function ratioOf(point: Point, wait: Wait): number {
  const failed = point.rounds.some(({ attacked }) => attacked.victims.failed > 0);
  return failed ? Number.POSITIVE_INFINITY : p99Of(point, "attacked", wait) / p99Of(point, "elsewhere", wait);
}

/** The lowest and the highest ratio of a round. */
export function spreadOf({ rounds }: Point, wait: Wait): readonly [number, number] {
  const p99 = ({ victims }: Seen): number => percentile(victims[wait], 0.99);
  const ratios = rounds.map(({ attacked, elsewhere }) => p99(attacked) / p99(elsewhere));
  return [Math.min(...ratios), Math.max(...ratios)];
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
