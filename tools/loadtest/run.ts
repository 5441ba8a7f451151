import { startFleet } from "./fleet.js";
import { expectedDeliveries, type Outcome, percentilesOf, violationsOf } from "./outcome.js";
import { NO_RESULT, playPhases, type Result } from "./phases.js";
import { type Options, sharesOf } from "./plan.js";
import { createSeries, type Point, type Series } from "./series.js";

/** Whom the run tells and what may end it. */
export interface RunParts {
  readonly options: Options;
  /** Of the users, if the target wants tokens. */
  readonly tokens: readonly string[] | undefined;
  /** Loopback address of the target, if it is there. */
  readonly address: string | undefined;
  /** Ends the load early and shortens the rest. */
  readonly interrupted: AbortSignal;
  /** Once a second. */
  onPoint(point: Point): void;
}

/** A rest of a second shorter than this makes no point: its rates would be noise. */
const LAST_POINT_MS = 300;

/** The whole run, from the first process to the end of the last one. A run that cannot go on has an outcome, too. */
export async function runLoad({
  options,
  tokens,
  address,
  interrupted,
  onPoint,
}: RunParts): Promise<Outcome> {
  const startedAt = new Date().toISOString();
  const series = createSeries();
  const fleet = startFleet(sharesOf({ options, run: newRunId(), address, tokens }), series.add);
  let phase = "ramp";
  let sinceMs = performance.now();
  const tick = (): void => {
    const nowMs = performance.now();
    onPoint(series.point(phase, nowMs - sinceMs));
    sinceMs = nowMs;
  };
  const onPhase = (name: string): void => {
    phase = name;
  };
  const timer = setInterval(tick, 1000);
  let result = NO_RESULT;
  let failure: string | undefined;
  try {
    const played = playPhases({ options, fleet, series, interrupted, onPhase });
    result = await Promise.race([played, fleet.failed]);
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  } finally {
    clearInterval(timer);
    if (performance.now() - sinceMs > LAST_POINT_MS) tick();
    await fleet.stop();
  }
  return outcomeOf({ options, startedAt, interrupted: interrupted.aborted, failure }, series, result);
}

function newRunId(): string {
  return Math.floor(Math.random() * 36 ** 6)
    .toString(36)
    .padStart(6, "0");
}

type Frame = Pick<Outcome, "options" | "startedAt" | "interrupted" | "failure">;

function outcomeOf(frame: Frame, series: Series, result: Result): Outcome {
  const { sent, findings, loadMs, deliveryMs, unconfirmed } = result;
  const { histograms, points, totals } = series;
  const expected = expectedDeliveries(sent, frame.options);
  const missing = findings?.lost ?? Math.max(0, expected - totals.deliveries);
  const outcome = {
    ...frame,
    loadMs,
    deliveryMs,
    totals,
    peakConnected: Math.max(0, ...points.map(({ connected }) => connected), series.connected()),
    expected,
    missing,
    loss: expected === 0 ? 0 : missing / expected,
    unconfirmed,
    findings,
    latency: percentilesOf(histograms.latency),
    ackLatency: percentilesOf(histograms.ackLatency),
    connectTime: percentilesOf(histograms.connectTime),
    downTime: percentilesOf(histograms.downTime),
    latencyCounts: histograms.latency.counts(),
    errors: Object.fromEntries(series.errors),
    points,
  };
  return { ...outcome, violations: violationsOf(outcome) };
}
