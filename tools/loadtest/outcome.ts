import type { Findings } from "./generator/room-check.js";
import type { Counts, Histogram } from "./histogram.js";
import { membersOf, type Options } from "./plan.js";
import type { Point, Series } from "./series.js";

/** Percentiles of one duration, in milliseconds; null when it never occurred. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  readonly max: number | null;
}

/** All that the run found: what the summary and the reports are made of. */
export interface Outcome {
  readonly options: Options;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Time in which messages were sent. */
  readonly loadMs: number;
  /** Time from the first message until all had arrived, or were waited for no longer. */
  readonly deliveryMs: number;
  readonly interrupted: boolean;
  /** Why the run could not go on, if so. */
  readonly failure: string | undefined;
  readonly totals: Series["totals"];
  readonly peakConnected: number;
  /** Deliveries that all connections should have got, had none been interrupted. */
  readonly expected: number;
  /** Those that are missing. */
  readonly missing: number;
  /** `missing` by `expected`; 0 when nothing was expected. */
  readonly loss: number;
  /** Durable messages that were never acknowledged. */
  readonly unconfirmed: number;
  /** Of durable rooms. */
  readonly findings: Findings | undefined;
  readonly latency: Percentiles;
  readonly ackLatency: Percentiles;
  readonly connectTime: Percentiles;
  readonly downTime: Percentiles;
  readonly latencyCounts: Counts;
  readonly errors: Readonly<Record<string, number>>;
  readonly points: readonly Point[];
  /** What was not kept, in words; with any, the exit code is 1. */
  readonly violations: readonly string[];
}

/** In a relay everyone in the room gets a message but its sender, in a durable room the sender, too. */
export function expectedDeliveries(sent: ReadonlyMap<number, number>, options: Options): number {
  const others = options.durable ? 0 : 1;
  return [...sent].reduce((sum, [room, count]) => sum + count * (membersOf(room, options) - others), 0);
}

export function percentilesOf(histogram: Histogram): Percentiles {
  const ms = (us: number) => (Number.isNaN(us) ? null : us / 1000);
  return {
    count: histogram.total(),
    p50: ms(histogram.percentile(0.5)),
    p90: ms(histogram.percentile(0.9)),
    p99: ms(histogram.percentile(0.99)),
    p999: ms(histogram.percentile(0.999)),
    max: ms(histogram.max()),
  };
}

/** What of the thresholds and of the promises of durable rooms was not kept. */
export function violationsOf(outcome: Omit<Outcome, "violations">): string[] {
  const { options, latency, loss, findings, failure } = outcome;
  const { maxP99Ms, maxLoss = options.durable ? 0 : undefined } = options;
  const found: string[] = [];
  if (failure !== undefined) found.push(failure);
  if (outcome.loadMs > 0 && options.rate > 0 && outcome.totals.acked === 0) {
    found.push("not one message was acknowledged");
  }
  if (maxP99Ms !== undefined && !(latency.p99 !== null && latency.p99 <= maxP99Ms)) {
    const value =
      latency.p99 === null ? "there was no latency to measure" : `p99 was ${latency.p99.toFixed(2)} ms`;
    found.push(`--max-p99-ms ${maxP99Ms}: ${value}`);
  }
  if (maxLoss !== undefined && loss > maxLoss) {
    found.push(`--max-loss ${maxLoss}: ${outcome.missing} of ${outcome.expected} deliveries are missing`);
  }
  if (findings !== undefined) {
    for (const kind of ["duplicated", "disordered", "misplaced"] as const) {
      if (findings[kind] > 0) found.push(`durable rooms: ${findings[kind]} messages were ${kind}`);
    }
  }
  return found;
}
