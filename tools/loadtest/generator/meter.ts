import { nowUs } from "../clock.js";
import { type Counts, createHistogram } from "../histogram.js";

/** What happened in one process since the last sample; the first two are how things stand. */
export interface Sample {
  readonly connected: number;
  readonly reconnecting: number;
  readonly sent: number;
  readonly acked: number;
  readonly refused: number;
  /** Messages that were due and could not be sent: nobody was connected, or too much is unconfirmed. */
  readonly skipped: number;
  readonly deliveries: number;
  readonly reconnects: number;
  /** Histograms of microseconds. */
  readonly latency: Counts;
  readonly ackLatency: Counts;
  readonly connectTime: Counts;
  readonly downTime: Counts;
  readonly errors: Readonly<Record<string, number>>;
  /** Share of the time in which the process was busy, 0 to 1. */
  readonly busy: number;
}

/** The durations that are measured. */
export const DURATIONS = ["latency", "ackLatency", "connectTime", "downTime"] as const;
/** What is counted. */
export const COUNTERS = ["sent", "acked", "refused", "skipped", "deliveries", "reconnects"] as const;
/** How things stand. */
export const GAUGES = ["connected", "reconnecting"] as const;

export type Duration = (typeof DURATIONS)[number];
export type Counter = (typeof COUNTERS)[number];
export type Gauge = (typeof GAUGES)[number];

export interface Meter {
  count(what: Counter): void;
  change(what: Gauge, by: 1 | -1): void;
  /** Counts an error by its text. */
  error(text: string): void;
  /** Records the time from `sinceUs` until now. */
  time(what: Duration, sinceUs: number): void;
  /** A message arrived that had been sent at `sentUs`. */
  delivered(sentUs: number): void;
  /** What happened since the last call. */
  sample(): Sample;
}

/** Kinds of errors that are told apart; texts of servers may have numbers in them. */
const ERROR_KINDS = 50;

export function createMeter(): Meter {
  const gauges = { connected: 0, reconnecting: 0 };
  const zero = { sent: 0, acked: 0, refused: 0, skipped: 0, deliveries: 0, reconnects: 0 };
  const histograms = {
    latency: createHistogram(),
    ackLatency: createHistogram(),
    connectTime: createHistogram(),
    downTime: createHistogram(),
  };
  let counters = { ...zero };
  let errors = new Map<string, number>();
  let utilization = performance.eventLoopUtilization();

  return {
    count(what) {
      counters[what] += 1;
    },
    change(what, by) {
      gauges[what] += by;
    },
    error(text) {
      const kind = errors.has(text) || errors.size < ERROR_KINDS ? text : "other errors";
      errors.set(kind, (errors.get(kind) ?? 0) + 1);
    },
    time: (what, sinceUs) => histograms[what].record(nowUs() - sinceUs),
    delivered(sentUs) {
      counters.deliveries += 1;
      histograms.latency.record(nowUs() - sentUs);
    },
    sample() {
      const next = performance.eventLoopUtilization();
      const sample = {
        ...gauges,
        ...counters,
        latency: histograms.latency.take(),
        ackLatency: histograms.ackLatency.take(),
        connectTime: histograms.connectTime.take(),
        downTime: histograms.downTime.take(),
        errors: Object.fromEntries(errors),
        busy: performance.eventLoopUtilization(next, utilization).utilization,
      };
      counters = { ...zero };
      errors = new Map();
      utilization = next;
      return sample;
    },
  };
}
