import { aligned } from "../shared/aligned.js";
import type { Outcome, Percentiles } from "./outcome.js";
import type { Point } from "./series.js";

/** A process busier than this measures itself more than the server. */
export const SATURATED = 0.9;

/** A whole number with separators. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** Milliseconds with as many digits as they are worth; a dash for none. */
export function milliseconds(value: number | null): string {
  if (value === null) return "-";
  return value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : whole(value);
}

/** A share (0 to 1) as a percentage that does not round what is there down to nothing. */
export function percentage(share: number): string {
  return share === 0 || share >= 0.001
    ? `${(100 * share).toFixed(2)} %`
    : `${(100 * share).toPrecision(2)} %`;
}

/** One second of the run as a line. */
export function progressLine(point: Point): string {
  const { connected, reconnecting, sentPerSecond, deliveriesPerSecond, p50Ms, p99Ms, errors, busy } = point;
  const parts = [
    `${point.second.toFixed(0).padStart(5)} s  ${point.phase.padEnd(6)}`,
    `connected ${whole(connected).padStart(6)}`,
    `reconnecting ${whole(reconnecting)}`,
    `sent ${whole(sentPerSecond)}/s`,
    `deliveries ${whole(deliveriesPerSecond)}/s`,
    `p50 ${milliseconds(p50Ms)} ms`,
    `p99 ${milliseconds(p99Ms)} ms`,
    `errors ${whole(errors)}`,
  ];
  if (busy > SATURATED) parts.push(`(generator ${Math.round(100 * busy)} % busy)`);
  return parts.join("  ");
}

/** What the run was and found: names and values, for the screen and for the report. */
export function summaryRows(outcome: Outcome): [string, string][] {
  const { options, totals, loadMs, findings, expected, missing, loss } = outcome;
  const wanted = (options.rate * loadMs) / 1000;
  const rows: [string, string][] = [
    ["target", options.url],
    ["connections", `${whole(outcome.peakConnected)} of ${whole(options.connections)}, ${options.transport}`],
    ["rooms", `${whole(options.rooms)} ${options.durable ? "durable" : "(relay)"}`],
    ["load", `${(loadMs / 1000).toFixed(1)} s${outcome.interrupted ? ", interrupted" : ""}`],
    ["messages sent", `${whole(totals.sent)} of ${whole(wanted)} wanted (${perSecond(totals.sent, loadMs)})`],
    ["acknowledged", `${whole(totals.acked)}, refused ${whole(totals.refused)}`],
    ["deliveries", `${whole(totals.deliveries)} (${perSecond(totals.deliveries, outcome.deliveryMs)})`],
    ["missing", `${whole(missing)} of ${whole(expected)} (${percentage(loss)})`],
  ];
  if (findings !== undefined) {
    const { duplicated, disordered, misplaced } = findings;
    rows.push(
      ["never acknowledged", whole(outcome.unconfirmed)],
      ["duplicated, disordered, misplaced", `${duplicated}, ${disordered}, ${misplaced}`],
    );
  }
  return [
    ...rows,
    ["latency", percentiles(outcome.latency)],
    ["acknowledgement", percentiles(outcome.ackLatency)],
    ["connecting", percentiles(outcome.connectTime)],
    ["reconnects", whole(totals.reconnects)],
    ["time away", percentiles(outcome.downTime)],
  ];
}

/** The summary for the screen. */
export function summaryText(outcome: Outcome): string {
  const errors = Object.entries(outcome.errors).map(([text, count]) => `  ${whole(count)} x ${text}`);
  return [
    "",
    "Summary",
    ...aligned(summaryRows(outcome)),
    ...(errors.length > 0 ? ["Errors", ...errors] : []),
    ...remarks(outcome).map((text) => `Note: ${text}`),
    ...(outcome.findings?.examples ?? []).map((text) => `FOUND ${text}`),
    ...outcome.violations.map((text) => `FAILED ${text}`),
  ].join("\n");
}

/** What a reader should know before believing the figures. */
export function remarks(outcome: Outcome): string[] {
  const { options, totals, points, loadMs } = outcome;
  const notes: string[] = [];
  const busy = points.filter((point) => point.phase === "load" && point.busy > SATURATED).length;
  if (busy > 0) {
    notes.push(
      `a generator process was over ${100 * SATURATED} % busy for ${busy} s: latencies are partly its own; try --processes`,
    );
  }
  if (loadMs > 0 && totals.sent < 0.98 * ((options.rate * loadMs) / 1000)) {
    notes.push(
      `the rate of ${whole(options.rate)}/s was not reached: ${whole(totals.skipped)} could not be sent`,
    );
  }
  if (outcome.peakConnected < options.connections) {
    notes.push(
      `only ${whole(outcome.peakConnected)} of ${whole(options.connections)} connections came about`,
    );
  }
  if (!options.durable && totals.deliveries > outcome.expected && !outcome.interrupted) {
    notes.push(`${whole(totals.deliveries - outcome.expected)} more deliveries than there should be`);
  }
  return notes;
}

function percentiles({ count, p50, p90, p99, p999, max }: Percentiles): string {
  if (count === 0) return "-";
  const [a, b, c, d, e] = [p50, p90, p99, p999, max].map(milliseconds);
  return `p50 ${a}, p90 ${b}, p99 ${c}, p99.9 ${d}, max ${e} ms`;
}

function perSecond(count: number, elapsedMs: number): string {
  return elapsedMs === 0 ? "-" : `${whole((1000 * count) / elapsedMs)}/s`;
}
