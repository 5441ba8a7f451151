import { COUNTERS, type Counter, DURATIONS, type Duration, type Sample } from "./generator/meter.js";
import { createHistogram, type Histogram } from "./histogram.js";

/** One second of the run. Times in milliseconds; without deliveries in that second they are null. */
export interface Point {
  readonly second: number;
  readonly phase: string;
  readonly connected: number;
  readonly reconnecting: number;
  readonly sentPerSecond: number;
  readonly deliveriesPerSecond: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** Errors of this second. */
  readonly errors: number;
  /** Of the busiest generator process, 0 to 1. */
  readonly busy: number;
}

/** What all processes told, as points over time and in sum. */
export interface Series {
  add(process: number, sample: Sample): void;
  /** Ends a second of `elapsedMs` and returns it. */
  point(phase: string, elapsedMs: number): Point;
  readonly points: readonly Point[];
  readonly totals: Readonly<Record<Counter, number>>;
  readonly histograms: Readonly<Record<Duration, Histogram>>;
  readonly errors: ReadonlyMap<string, number>;
  /** Connections that stand now. */
  connected(): number;
}

export function createSeries(): Series {
  const startMs = performance.now();
  const latest = new Map<number, Sample>();
  const points: Point[] = [];
  const totals = { sent: 0, acked: 0, refused: 0, skipped: 0, deliveries: 0, reconnects: 0 };
  const histograms = {
    latency: createHistogram(),
    ackLatency: createHistogram(),
    connectTime: createHistogram(),
    downTime: createHistogram(),
  };
  const errors = new Map<string, number>();
  const recent = createHistogram();
  let before = { ...totals, errors: 0 };
  let busy = 0;

  const sum = (what: "connected" | "reconnecting") =>
    [...latest.values()].reduce((all, sample) => all + sample[what], 0);

  return {
    points,
    totals,
    histograms,
    errors,
    connected: () => sum("connected"),
    add(process, sample) {
      latest.set(process, sample);
      for (const name of COUNTERS) totals[name] += sample[name];
      for (const name of DURATIONS) histograms[name].add(sample[name]);
      for (const [text, count] of Object.entries(sample.errors)) {
        errors.set(text, (errors.get(text) ?? 0) + count);
      }
      recent.add(sample.latency);
      busy = Math.max(busy, sample.busy);
    },
    point(phase, elapsedMs) {
      const allErrors = [...errors.values()].reduce((all, count) => all + count, 0);
      const perSecond = (count: number) => (1000 * count) / elapsedMs;
      const point = {
        second: Math.round((performance.now() - startMs) / 100) / 10,
        phase,
        connected: sum("connected"),
        reconnecting: sum("reconnecting"),
        sentPerSecond: perSecond(totals.sent - before.sent),
        deliveriesPerSecond: perSecond(totals.deliveries - before.deliveries),
        ...percentiles(recent),
        errors: allErrors - before.errors,
        busy,
      };
      recent.take();
      before = { ...totals, errors: allErrors };
      busy = 0;
      points.push(point);
      return point;
    },
  };
}

function percentiles(histogram: Histogram): Pick<Point, "p50Ms" | "p99Ms"> {
  if (histogram.total() === 0) return { p50Ms: null, p99Ms: null };
  return { p50Ms: histogram.percentile(0.5) / 1000, p99Ms: histogram.percentile(0.99) / 1000 };
}
