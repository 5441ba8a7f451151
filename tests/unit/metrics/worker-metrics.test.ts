import { OPEN_METRICS, toText } from "../../../src/engine/metrics/exposition.js";
import type { EventMetrics } from "../../../src/engine/metrics/types.js";
import {
  createWorkerMetrics,
  type WorkerMetrics,
  type WorkerState,
} from "../../../src/engine/metrics/worker-metrics.js";
import { parseMetrics } from "../../support/metrics-text.js";
import { parseOpenMetrics } from "../../support/open-metrics-text.js";

const EVENTS = { in: ["join", "message"], out: ["message"] };
const UP = { ping: async () => true, refusal: () => undefined };

let metrics: WorkerMetrics;
let events: EventMetrics;
beforeEach(() => {
  metrics = createWorkerMetrics(3);
  events = metrics.ofEvents(EVENTS);
});

const read = async () => parseMetrics(toText([await metrics.collect()]));

function show(state: Partial<WorkerState>): void {
  const connections = () => ({ websocket: 0, polling: 0 });
  metrics.show({
    connections,
    connectionsLimit: 1,
    streams: () => 0,
    lagMs: () => 0,
    mongo: UP,
    redis: undefined,
    ...state,
  });
}

test("every series says of which worker it is", async () => {
  show({ redis: UP });
  await metrics.start();
  metrics.http.answered({ method: "GET", route: "/hello", status: "200" }, 1);
  const { samples } = await read();

  expect(samples.length).toBeGreaterThan(100);
  expect(samples.filter(({ labels }) => labels.worker !== "3")).toEqual([]);
});

test("events that are not of the contract are one series, whatever clients call them", async () => {
  events.received("join");
  events.received(undefined);
  for (const event of ["constructor", "__proto__", "x".repeat(1000)]) events.received(event);
  events.handled("nonsense", 5);
  events.sent("nonsense", 2);
  events.sent("message", 40);
  const { select, value } = await read();

  const names = select("realtime_events_total", { direction: "in" }).map(({ labels }) => labels.event);
  expect(names).toEqual(["join", "message", "unknown"]);
  expect(value("realtime_events_total", { event: "join", direction: "in" })).toBe(1);
  expect(value("realtime_events_total", { event: "unknown", direction: "in" })).toBe(4);
  expect(value("realtime_events_total", { event: "unknown", direction: "out" })).toBe(2);
  expect(value("realtime_events_total", { event: "message", direction: "out" })).toBe(40);
  expect(select("realtime_event_duration_seconds_count").map(({ labels }) => labels.event)).toEqual([
    "unknown",
  ]);
});

test("collecting counts nothing twice", async () => {
  events.received("join");
  await read();
  events.received("join");

  expect((await read()).value("realtime_events_total", { event: "join", direction: "in" })).toBe(2);
  expect((await read()).value("realtime_events_total", { event: "join", direction: "in" })).toBe(2);
});

test("unusual methods and reasons are one series each", async () => {
  for (const method of ["PROPFIND", "M-SEARCH"])
    metrics.http.answered({ method, route: "unmatched", status: "404" }, 1);
  metrics.connections.disconnected("because");
  metrics.connections.disconnected("ping timeout");
  const { value, select } = await read();

  expect(value("http_request_duration_seconds_count", { method: "other" })).toBe(2);
  expect(value("realtime_disconnects_total", { reason: "unknown" })).toBe(1);
  expect(value("realtime_disconnects_total", { reason: "ping timeout" })).toBe(1);
  expect(select("realtime_disconnects_total", { reason: "because" })).toEqual([]);
});

test("durations are in seconds", async () => {
  metrics.rooms.published(30);
  const { value } = await read();

  expect(value("realtime_publish_ack_duration_seconds_sum")).toBeCloseTo(0.03);
  expect(value("realtime_publish_ack_duration_seconds_bucket", { le: "0.025" })).toBe(0);
  expect(value("realtime_publish_ack_duration_seconds_bucket", { le: "0.05" })).toBe(1);
});

test("the state is looked at at each collection, and a store that is not configured has no series", async () => {
  let [open, up] = [5, true];
  show({
    connections: () => ({ websocket: open, polling: 1 }),
    connectionsLimit: 20,
    streams: () => 3,
    lagMs: () => 125,
    mongo: { ping: async () => up },
  });
  const before = await read();
  [open, up] = [4, false];
  const after = await read();

  const seen = [before, after].map(({ value }) => [
    value("realtime_connections", { transport: "websocket" }),
    value("realtime_mongo_up"),
  ]);
  expect(seen).toEqual([
    [5, 1],
    [4, 0],
  ]);
  expect(after.value("realtime_connections", { transport: "polling" })).toBe(1);
  expect(after.value("realtime_connections_limit")).toBe(20);
  expect(after.value("realtime_event_loop_lag_seconds")).toBe(0.125);
  expect(after.types.has("realtime_redis_up")).toBe(false);
  expect(after.types.has("realtime_redis_refused")).toBe(false);
});

test.each([
  [0, undefined],
  [1, "NOPERM"],
])("realtime_redis_refused is %p when Redis refuses with %p", async (shown, refusal) => {
  show({ redis: { ping: async () => refusal === undefined, refusal: () => refusal } });

  expect((await read()).value("realtime_redis_refused")).toBe(shown);
});

describe("with traces", () => {
  const trace = (id: string) => ({ trace_id: id.repeat(32), span_id: id.repeat(16) });
  let active: ReturnType<typeof trace> | undefined;
  beforeEach(() => {
    active = undefined;
  });
  const tracedMetrics = (): WorkerMetrics => createWorkerMetrics(3, () => active);

  /** Durations of all kinds, in several buckets; one path looks like an exemplar. */
  function measure(of: WorkerMetrics): void {
    const handled = of.ofEvents(EVENTS).handled;
    const feature = of.features.duration("feature_seconds", "Of a feature");
    const route = `/ # {trace_id="0",span_id="0"} 1 1`;
    for (const [index, ms] of [0.5, 30, 30, 20_000].entries()) {
      active = index === 1 ? undefined : trace(String(index));
      of.http.answered({ method: "GET", route, status: "200" }, ms, of.http.activeTrace());
      handled("join", ms);
      handled("nonsense", ms);
      of.rooms.published(ms);
      feature.observe(ms);
    }
  }

  test("the text is the same to the byte as without", async () => {
    const traced = tracedMetrics();
    measure(traced);
    const untraced = createWorkerMetrics(3);
    measure(untraced);

    const text = toText([await traced.collect()]);
    expect(text).toBe(toText([await untraced.collect()]));
    expect(parseMetrics(text).samples.length).toBeGreaterThan(50);
    expect(OPEN_METRICS.print([await untraced.collect()])).not.toContain("0000");
  });

  test("each bucket has its newest trace, in seconds, and no more than that", async () => {
    const traced = tracedMetrics();
    measure(traced);
    const { samples } = parseOpenMetrics(OPEN_METRICS.print([await traced.collect()]));

    for (const name of ["feature", "http_request_duration", "realtime_publish_ack_duration"]) {
      const found = samples.filter((sample) => sample.name === `${name}_seconds_bucket`);
      expect(
        found.flatMap(({ labels, exemplar }) =>
          exemplar === undefined ? [] : [[labels.le, exemplar.labels, exemplar.value]],
        ),
      ).toEqual([
        ["0.001", trace("0"), 0.0005],
        ["0.05", trace("2"), 0.03],
        ["+Inf", trace("3"), 20],
      ]);
    }
    const ofEvents = samples.filter(({ name, exemplar }) => name.startsWith("realtime_event_") && exemplar);
    expect(ofEvents.map(({ labels }) => labels.event).sort()).toEqual([
      ...["join", "join", "join"],
      ...["unknown", "unknown", "unknown"],
    ]);
  });

  test("what was not sampled is no example, whatever is active when it is answered", async () => {
    const traced = tracedMetrics();
    const begun = traced.http.activeTrace();
    active = trace("5");
    traced.http.answered({ method: "GET", route: "/", status: "200" }, 1, begun);

    const text = OPEN_METRICS.print([await traced.collect()]);
    expect(text).toMatch(/^http_request_duration_seconds_count\{.+\} 1$/m);
    expect(text).not.toContain("trace_id");
  });
});
