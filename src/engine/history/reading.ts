import { HANDSHAKE_REFUSALS, type RefusedHandshakes, type StoreView } from "../../contract/instances.js";
import type { MetricFamily } from "../ipc/messages.js";

/** What is read off the metrics of one worker. Counts are since its start. */
export interface Reading {
  readonly connections: number;
  readonly lagMs: number;
  readonly memoryBytes: number;
  readonly eventsIn: number;
  readonly eventsOut: number;
  readonly publishes: number;
  readonly refusals: number;
  /** Those of them that were handshakes. */
  readonly refusedHandshakes: Required<RefusedHandshakes>;
  readonly mongo: StoreView;
  readonly redis: StoreView;
}

/** Labels and value of a sample's line. */
const LINE = /^\w+(?:\{(.*)\})? (\S+)$/;

/** Those of the limits that no handshake counts already. */
const OF_REQUESTS = /limit="(?:requests|bodies|events|messages|keys)"/;

/** Reads the few numbers that operators look at first. */
export function readingOf(families: readonly MetricFamily[]): Reading {
  const samplesOf = new Map(families.map(({ name, samples }) => [name, samples]));

  /** The sum of a family's values; undefined where there are none. */
  function sum(name: string, isMeant: (labels: string, line: string) => boolean = () => true) {
    const values = (samplesOf.get(name) ?? []).flatMap((line) => {
      const [, labels = "", value = ""] = LINE.exec(line) ?? [];
      return value !== "" && isMeant(labels, line) ? [Number(value)] : [];
    });
    return values.length === 0 ? undefined : values.reduce((total, value) => total + value, 0);
  }

  const flowing = (direction: string) =>
    sum("realtime_events_total", (labels) => labels.includes(`direction="${direction}"`)) ?? 0;
  const endedBy = (result: string) =>
    sum("realtime_handshakes_total", (labels) => labels.includes(`result="${result}"`)) ?? 0;
  const refusedHandshakes = Object.fromEntries(
    HANDSHAKE_REFUSALS.map((result) => [result, endedBy(result)]),
  ) as Required<RefusedHandshakes>;
  const refused = Object.values(refusedHandshakes).reduce((total, count) => total + count, 0);
  const limited = sum("realtime_limited_total", (labels) => OF_REQUESTS.test(labels)) ?? 0;
  const isCount = (_labels: string, line: string) =>
    line.startsWith("realtime_publish_ack_duration_seconds_count");
  return {
    connections: sum("realtime_connections") ?? 0,
    lagMs: (sum("realtime_event_loop_lag_seconds") ?? 0) * 1000,
    memoryBytes: sum("process_resident_memory_bytes") ?? 0,
    eventsIn: flowing("in"),
    eventsOut: flowing("out"),
    publishes: sum("realtime_publish_ack_duration_seconds", isCount) ?? 0,
    refusals: refused + limited,
    refusedHandshakes,
    mongo: viewOf(sum("realtime_mongo_up"), undefined),
    redis: viewOf(sum("realtime_redis_up"), sum("realtime_redis_refused")),
  };
}

function viewOf(up: number | undefined, refused: number | undefined): StoreView {
  if (up === undefined) return "off";
  if (refused === 1) return "refused";
  return up === 1 ? "up" : "down";
}

const WORST: readonly StoreView[] = ["refused", "down", "up", "off"];

/** The worst of what workers say; `unknown` while none does. */
export function worstOf(views: readonly StoreView[]): StoreView {
  return WORST.find((one) => views.includes(one)) ?? "unknown";
}
