import {
  HANDSHAKE_REFUSALS,
  type HandshakeRefusal,
  KEPT,
  type Load,
  type RefusedHandshakes,
  type Sample,
} from "../../contract/instances.js";
import type { MetricFamily } from "../ipc/messages.js";
import type { Component } from "../process/lifecycle.js";
import { type Reading, readingOf } from "./reading.js";

/** Asks the workers for their metrics; by slot, without those that did not answer. Never rejects. */
export type Measure = () => Promise<ReadonlyMap<number, readonly MetricFamily[]>>;

/** The last look at the workers. */
export interface Look {
  /** When they were asked, in milliseconds since 1970. */
  readonly atMs: number;
  readonly readings: ReadonlyMap<number, Reading>;
  readonly loads: ReadonlyMap<number, Load>;
}

/** Samples of an hour: from `start` on, one every 10 s, and no more than an hour has. */
export interface Samples extends Component {
  /** Those taken after this time. */
  after(atMs: number): readonly Sample[];
  /** Undefined before the first one. */
  last(): Look | undefined;
}

/** A sample costs one gathering of metrics, as a scrape does, and some 100 bytes. `onLook` is called after each. */
export function createSamples(measure: Measure, onLook: () => void, everyMs: number = KEPT.everyMs): Samples {
  const kept: Sample[] = [];
  let last: Look | undefined;
  let takenMs = performance.now(); // by a clock that nobody sets
  let timer: NodeJS.Timeout | undefined;
  let isTaking = false;
  let isStopped = false;

  async function take(): Promise<void> {
    const [atMs, beforeMs] = [Date.now(), takenMs];
    takenMs = performance.now();
    const families = await measure();
    if (isStopped) return;
    const readings = new Map([...families].map(([slot, found]) => [slot, readingOf(found)]));
    const loads = new Map(
      [...readings].map(([slot, reading]) => [
        slot,
        loadOf(reading, last?.readings.get(slot), takenMs - beforeMs),
      ]),
    );
    const refused = refusedSince(last?.readings, readings);
    last = { atMs, readings, loads };
    kept.push({
      ...{ at: atMs, workers: loads.size, ...together([...loads.values()]) },
      ...(Object.keys(refused).length === 0 ? {} : { refusedHandshakes: refused }),
    });
    if (kept.length > KEPT.samples) kept.shift();
    onLook();
  }

  function tick(): void {
    if (isTaking) return;
    isTaking = true;
    void take().finally(() => {
      isTaking = false;
    });
  }

  return {
    name: "samples",
    async start() {
      tick();
      timer = setInterval(tick, everyMs);
    },
    async stop() {
      isStopped = true; // what is under way ends by itself, and tells nobody
      clearInterval(timer);
    },
    after: (atMs) => kept.filter(({ at }) => at > atMs),
    last: () => last,
  };
}

/** The first measurement of a worker has no rates; counters that went back are those of a new one. */
function loadOf(now: Reading, before: Reading | undefined, elapsedMs: number): Load {
  const rate = (count: "eventsIn" | "eventsOut" | "publishes" | "refusals"): number => {
    if (before === undefined || elapsedMs <= 0) return 0;
    const since = now[count] < before[count] ? 0 : before[count];
    return ((now[count] - since) * 1000) / elapsedMs;
  };
  return {
    connections: now.connections,
    lagMs: now.lagMs,
    eventsIn: rate("eventsIn"),
    eventsOut: rate("eventsOut"),
    publishes: rate("publishes"),
    refusals: rate("refusals"),
  };
}

/** As with rates: the first measurement of a worker has none, and counters that went back are those of a new one. */
function refusedSince(
  before: ReadonlyMap<number, Reading> | undefined,
  now: ReadonlyMap<number, Reading>,
): RefusedHandshakes {
  const since = (result: HandshakeRefusal): number =>
    [...now].reduce((total, [slot, { refusedHandshakes: counts }]) => {
      const known = before?.get(slot)?.refusedHandshakes[result];
      if (known === undefined) return total;
      return total + counts[result] - (counts[result] < known ? 0 : known);
    }, 0);
  const counts = HANDSHAKE_REFUSALS.map((result) => [result, since(result)] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

function together(loads: readonly Load[]): Load {
  const sum = (part: keyof Load): number => loads.reduce((total, load) => total + load[part], 0);
  return {
    connections: sum("connections"),
    eventsIn: sum("eventsIn"),
    eventsOut: sum("eventsOut"),
    publishes: sum("publishes"),
    refusals: sum("refusals"),
    lagMs: Math.max(0, ...loads.map(({ lagMs }) => lagMs)),
  };
}
