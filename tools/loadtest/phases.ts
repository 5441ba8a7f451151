import { setTimeout as sleep } from "node:timers/promises";
import type { Fleet } from "./fleet.js";
import { type Findings, sumFindings } from "./generator/room-check.js";
import type { AckedRoom, Tally } from "./ipc.js";
import { expectedDeliveries } from "./outcome.js";
import type { Options } from "./plan.js";
import type { Series } from "./series.js";

/** What the phases need. `interrupted` ends the load early and shortens the rest. */
export interface Stage {
  readonly options: Options;
  readonly fleet: Fleet;
  readonly series: Series;
  readonly interrupted: AbortSignal;
  onPhase(name: string): void;
}

/** What the generators say at the end. */
export interface Result {
  readonly loadMs: number;
  /** From the first message until all had arrived, or were waited for no longer. */
  readonly deliveryMs: number;
  /** Messages that went out and were not refused, by number of room; in durable rooms those that were acknowledged. */
  readonly sent: ReadonlyMap<number, number>;
  readonly unconfirmed: number;
  /** Of durable rooms. */
  readonly findings: Findings | undefined;
}

/** Of a run that did not get as far as sending. */
export const NO_RESULT: Result = {
  loadMs: 0,
  deliveryMs: 0,
  sent: new Map(),
  unconfirmed: 0,
  findings: undefined,
};

/** After the ramp, connections that are late are waited for this long. */
const LATE_CONNECTIONS_MS = 15_000;
const LOOK_EVERY_MS = 50;
/** What an answer may take beyond its own bound, on a busy machine. */
const ANSWER_MS = 15_000;
/** An interrupted run waits this long for what is under way. */
const HASTY_SETTLE_MS = 2000;

/** Ramp, load, settling and check. @throws when no connection comes about, or a generator dies. */
export async function playPhases(stage: Stage): Promise<Result> {
  const { options, series, interrupted } = stage;
  const lateMs = performance.now() + options.rampMs + LATE_CONNECTIONS_MS;
  const isComplete = () => series.connected() >= options.connections || interrupted.aborted;
  while (!isComplete() && performance.now() < lateMs) await sleep(LOOK_EVERY_MS);
  if (interrupted.aborted) return NO_RESULT;
  if (series.connected() === 0) {
    const [reason = "it took too long"] = series.errors.keys();
    throw new Error(`no connection came about: ${reason}`);
  }
  return load(stage);
}

async function load({ options, fleet, series, interrupted, onPhase }: Stage): Promise<Result> {
  const startMs = performance.now();
  onPhase("load");
  fleet.order({ type: "load" });
  await sleep(options.durationMs, undefined, { signal: interrupted }).catch(() => {}); // interrupted
  const loadMs = performance.now() - startMs;
  onPhase("settle");
  const settleMs = interrupted.aborted ? Math.min(options.settleMs, HASTY_SETTLE_MS) : options.settleMs;
  const answers = await fleet.ask({ type: "hold", settleMs }, "tally", settleMs + ANSWER_MS);
  const tallies = answers.map(({ tally }) => tally);
  const sent = sumSent(tallies);
  const findings = options.durable
    ? await check(fleet, mergeAcked(tallies), settleMs)
    : await untilDelivered(expectedDeliveries(sent, options), series, settleMs, interrupted);
  const unconfirmed = tallies.reduce((sum, tally) => sum + tally.unconfirmed, 0);
  return { loadMs, deliveryMs: performance.now() - startMs, sent, unconfirmed, findings };
}

async function check(fleet: Fleet, acked: readonly AckedRoom[], settleMs: number): Promise<Findings> {
  const answers = await fleet.ask({ type: "check", acked, settleMs }, "findings", settleMs + ANSWER_MS);
  return sumFindings(answers.map(({ findings }) => findings));
}

async function untilDelivered(
  expected: number,
  series: Series,
  withinMs: number,
  interrupted: AbortSignal,
): Promise<undefined> {
  const startMs = performance.now();
  const limitMs = () => (interrupted.aborted ? Math.min(withinMs, HASTY_SETTLE_MS) : withinMs);
  while (series.totals.deliveries < expected && performance.now() - startMs < limitMs()) {
    await sleep(LOOK_EVERY_MS);
  }
  return undefined;
}

function sumSent(tallies: readonly Tally[]): Map<number, number> {
  const sum = new Map<number, number>();
  for (const { sent } of tallies)
    for (const [room, count] of sent) sum.set(room, (sum.get(room) ?? 0) + count);
  return sum;
}

function mergeAcked(tallies: readonly Tally[]): AckedRoom[] {
  const rooms = new Map<number, Float64Array[]>();
  for (const { room, pairs } of tallies.flatMap(({ acked }) => acked)) {
    rooms.set(room, [...(rooms.get(room) ?? []), pairs]);
  }
  return [...rooms].map(([room, parts]) => {
    const pairs = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      pairs.set(part, at);
      at += part.length;
    }
    return { room, pairs };
  });
}
