import type { RunResult } from "../load/run.js";

/** The rounds of one side at one level of load, together. */
export interface Total {
  /** CPU time of the server's processes per delivery, in microseconds. */
  readonly cpuMicros: number;
  readonly perSecond: number;
  /** Part of a core that the server has used. */
  readonly load: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly lost: number;
  readonly gone: number;
}

/** CPU time and throughput over all rounds; the latencies of the middle round. */
export function total(rounds: readonly RunResult[]): Total {
  const sum = (pick: (round: RunResult) => number) => rounds.reduce((all, round) => all + pick(round), 0);
  const seconds = sum((round) => round.seconds);
  return {
    cpuMicros: (1e6 * sum((round) => round.cpuSeconds)) / sum((round) => round.allDeliveries),
    perSecond: sum((round) => round.deliveries) / seconds,
    load: sum((round) => round.busySeconds) / seconds,
    p50Ms: median(rounds.map((round) => round.p50Ms)),
    p99Ms: median(rounds.map((round) => round.p99Ms)),
    lost: sum((round) => round.lost),
    gone: Math.max(...rounds.map((round) => round.gone)),
  };
}

/** The middle value; of two, the mean. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}

/** A number with so many digits after the point, and with separators. */
export function fixed(value: number, digits: number): string {
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Deliveries or requests per second, in thousands. */
export function thousands(value: number): string {
  return `${fixed(value / 1000, 1)} k`;
}
