import { setTimeout as pause } from "node:timers/promises";
import { cpuSeconds } from "../processes.js";
import { type Audience, bodyOf } from "./audience.js";
import type { Publisher } from "./publishers.js";

/** One measurement: messages at a pace for a while. */
export interface RunSpec {
  /** Messages per second; 0 for as many as arrive. */
  readonly rate: number;
  /** Messages that may be on their way at a time: a server that cannot keep up gets no more. */
  readonly limit: number;
  /** Time before the measurement, in milliseconds. */
  readonly warmMs: number;
  readonly measureMs: number;
  /** Processes whose CPU time counts. */
  readonly pids: readonly number[];
}

/** What happened. */
export interface RunResult {
  /** Measured time; throughput and latencies are those within it. */
  readonly seconds: number;
  /** Messages that the probes have got within it, on average. */
  readonly messages: number;
  readonly deliveries: number;
  /** CPU time of the server within it. */
  readonly busySeconds: number;
  /** CPU time of the whole run, up to the last delivery: none of the work for them is left out, nor work for others counted. */
  readonly cpuSeconds: number;
  /** Deliveries of the whole run. */
  readonly allDeliveries: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  /** Messages that never arrived, of the whole run with its warm-up. */
  readonly lost: number;
  /** Clients that are gone since they connected. */
  readonly gone: number;
}

/** So many messages are published in one go at most, so that this process also gets to receive. */
const BURST = 32;
/** A run whose last messages do not come within this time has lost them. */
const PATIENCE_MS = 3000;
/** On a machine that is busy with others a short measurement may see nothing at all, which gives no figure: it goes on so long. */
const FIRST_WITHIN_MS = 30_000;

/** Publishes as asked and measures; returns when everything has arrived or is given up. */
export async function measure(audience: Audience, publisher: Publisher, spec: RunSpec): Promise<RunResult> {
  const begun = Math.max(...audience.counts.probes.map(({ newest }) => newest));
  const arrived = () => Math.max(0, newestEverywhere(audience) - begun);
  const start = snapshot(audience, spec.pids);
  const pacer = startPacer(publisher, spec, begun, arrived);
  await pause(spec.warmMs);
  audience.counts.latenciesMs.length = 0;
  const first = snapshot(audience, spec.pids);
  await pause(spec.measureMs);
  await somethingCame(() => messagesOf(audience) > first.probeMessages);
  const last = snapshot(audience, spec.pids);
  const latenciesMs = audience.counts.latenciesMs.splice(0).sort((a, b) => a - b);
  pacer.stop();
  await drained(arrived, pacer.sent());
  const end = snapshot(audience, spec.pids);

  const at = (share: number) => latenciesMs[Math.floor(share * latenciesMs.length)] ?? 0;
  const probes = audience.counts.probes.length;
  return {
    seconds: last.seconds - first.seconds,
    messages: (last.probeMessages - first.probeMessages) / probes,
    deliveries: deliveries(first, last),
    busySeconds: last.cpu - first.cpu,
    cpuSeconds: end.cpu - start.cpu,
    allDeliveries: deliveries(start, end),
    p50Ms: at(0.5),
    p90Ms: at(0.9),
    p99Ms: at(0.99),
    lost: Math.round(pacer.sent() - (end.probeMessages - start.probeMessages) / probes),
    gone: audience.counts.gone,
  };
}

type Snapshot = ReturnType<typeof snapshot>;

/** All clients get the same messages: what the probes know of their size holds for the bytes of all. */
function deliveries(from: Snapshot, to: Snapshot): number {
  const bytesPerMessage = (to.probeBytes - from.probeBytes) / (to.probeMessages - from.probeMessages);
  return Math.round((to.bytes - from.bytes) / bytesPerMessage) || 0;
}

/** Number of the newest message that even the slowest probe has; what was lost before it does not matter. */
function newestEverywhere({ counts }: Audience): number {
  return Math.min(...counts.probes.map(({ newest }) => newest));
}

function messagesOf({ counts }: Pick<Audience, "counts">): number {
  return counts.probes.reduce((sum, { messages }) => sum + messages, 0);
}

function snapshot({ counts }: Audience, pids: readonly number[]) {
  return {
    seconds: performance.now() / 1000,
    cpu: cpuSeconds(pids),
    bytes: counts.bytes,
    probeMessages: messagesOf({ counts }),
    probeBytes: counts.probes.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

function startPacer(publisher: Publisher, { rate, limit }: RunSpec, begun: number, arrived: () => number) {
  const start = performance.now();
  let sent = 0;
  let stopped = false;

  function step(): void {
    if (stopped) return;
    const nowMs = performance.now();
    const due = rate === 0 ? Number.POSITIVE_INFINITY : ((nowMs - start) / 1000) * rate;
    const most = Math.min(due, arrived() + limit, sent + BURST);
    for (; sent < Math.floor(most); sent += 1) publisher.publish(bodyOf(begun + sent + 1));
    if (due - sent > BURST) setImmediate(step);
    else setTimeout(step, 1);
  }
  step();
  return {
    sent: () => sent,
    stop: () => {
      stopped = true;
    },
  };
}

async function somethingCame(hasCome: () => boolean): Promise<void> {
  const startMs = performance.now();
  while (!hasCome() && performance.now() - startMs < FIRST_WITHIN_MS) await pause(10);
}

async function drained(arrived: () => number, wanted: number): Promise<void> {
  let last = arrived();
  let changedAt = performance.now();
  while (last < wanted && performance.now() - changedAt < PATIENCE_MS) {
    await pause(10);
    if (arrived() === last) continue;
    last = arrived();
    changedAt = performance.now();
  }
}
