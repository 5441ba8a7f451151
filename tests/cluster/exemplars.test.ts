import { randomBytes } from "node:crypto";
import { connectClient, emitAck } from "../support/connect-client.js";
import { type ParsedMetrics, parseMetrics } from "../support/metrics-text.js";
import { startMongo } from "../support/mongo.js";
import {
  type Exemplar,
  type OpenSample,
  PROMETHEUS_ACCEPT,
  parseOpenMetrics,
} from "../support/open-metrics-text.js";
import { type CollectedSpan, type OtlpCollector, startOtlpCollector } from "../support/otlp-collector.js";
import { type Shoal, spawnShoal } from "../support/spawn-shoal.js";
import { eventually } from "../support/wait.js";

const OPEN_METRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const TEXT_TYPE = "text/plain; version=0.0.4; charset=utf-8";
const WITHIN = { withinMs: 15_000 };
const POST = "POST /rooms/:room/messages";

let collector: OtlpCollector;
let traced: Shoal;
let untraced: Shoal;

beforeAll(async () => {
  const [mongo, started] = await Promise.all([startMongo(), startOtlpCollector()]);
  collector = started;
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: "50" };
  const mongodbUri = mongo.uriFor();
  [traced, untraced] = await Promise.all([
    spawnShoal({ workers: 2, mongodbUri, env }),
    spawnShoal({ mongodbUri }),
  ]);
});

const newTrace = (): string => randomBytes(16).toString("hex");
const traceparent = (traceId: string, flags: "00" | "01"): string =>
  `00-${traceId}-00f067aa0ba902b7-${flags}`;

async function scrape({ adminUrl }: Shoal, accept: string): Promise<{ type: string | null; text: string }> {
  const response = await fetch(`${adminUrl}/metrics`, { headers: { Accept: accept } });
  return { type: response.headers.get("content-type"), text: await response.text() };
}

async function scrapeOpenMetrics(): Promise<readonly OpenSample[]> {
  const { type, text } = await scrape(traced, PROMETHEUS_ACCEPT);
  expect(type).toBe(OPEN_METRICS_TYPE);
  return parseOpenMetrics(text).samples;
}

/** Exemplars of the histogram's series that have these labels. */
async function exemplarsOf(name: string, labels: Record<string, string> = {}): Promise<Exemplar[]> {
  const samples = (await scrapeOpenMetrics()).filter(
    (sample) =>
      sample.name === `${name}_bucket` &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
  return samples.flatMap(({ exemplar }) => exemplar ?? []);
}

/** The span of which the one exemplar there is, once the collector has it. */
async function spanOf(name: string, labels?: Record<string, string>): Promise<CollectedSpan> {
  return eventually(async () => {
    const [exemplar, ...others] = await exemplarsOf(name, labels);
    expect(others).toEqual([]);
    expect(Object.keys(exemplar?.labels ?? {})).toEqual(["trace_id", "span_id"]);
    const found = collector.spans.filter(
      ({ traceId, spanId }) => traceId === exemplar?.labels.trace_id && spanId === exemplar.labels.span_id,
    );
    expect(found).toHaveLength(1);
    return found[0] as CollectedSpan;
  }, WITHIN);
}

function post(shoal: Shoal, room: string, headers: Record<string, string>): Promise<Response> {
  return fetch(`${shoal.url}/rooms/${room}/messages`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-User-Id": "somebody", ...headers },
    body: JSON.stringify({ id: randomBytes(6).toString("hex"), body: "x" }),
  });
}

test("a request and its publish are told with the trace that the collector has of them", async () => {
  const traceId = newTrace();
  expect((await post(traced, "posted", { traceparent: traceparent(traceId, "01") })).status).toBe(200);

  const request = await spanOf("http_request_duration_seconds", { route: "/rooms/:room/messages" });
  const publish = await spanOf("realtime_publish_ack_duration_seconds");

  expect([request.name, request.traceId]).toEqual([POST, traceId]);
  expect(publish).toBe(request);
});

test("events are told with their traces, refused ones too", async () => {
  const { socket } = await connectClient(traced.url);
  await emitAck(socket, "publish", { room: "events", messages: [{ id: "1", body: "x" }] });
  expect(await emitAck(socket, "subscribe", { room: 5 })).toMatchObject({ ok: false });

  const good = await spanOf("realtime_event_duration_seconds", { event: "publish" });
  const refused = await spanOf("realtime_event_duration_seconds", { event: "subscribe" });

  expect([good.name, good.isError]).toEqual(["process publish", false]);
  expect([refused.name, refused.attributes["error.type"]]).toEqual(["process subscribe", "invalid"]);
});

test("what is not sampled is measured, and is no example", async () => {
  await fetch(`${traced.url}/hello`, { headers: { traceparent: traceparent(newTrace(), "00") } });
  const labels = { route: "/hello", status: "200" };
  await eventually(async () => {
    const { value } = parseMetrics((await scrape(traced, "*/*")).text);
    expect(value("http_request_duration_seconds_count", labels)).toBe(1);
  });

  expect(await exemplarsOf("http_request_duration_seconds", labels)).toEqual([]);
});

test("OpenMetrics has the series of the text format, which has no exemplars", async () => {
  await post(traced, "formats", { traceparent: traceparent(newTrace(), "01") });
  const seriesOf = (samples: ParsedMetrics["samples"]): string[] =>
    samples.map(({ name, labels }) => JSON.stringify([name, Object.entries(labels).sort()])).sort();

  // Between two scrapes a process may have a series more.
  await eventually(async () => {
    const open = await scrapeOpenMetrics();
    const { type, text } = await scrape(
      traced,
      "text/plain;version=0.0.4, application/openmetrics-text;q=0.1",
    );
    expect(type).toBe(TEXT_TYPE);
    expect(text).not.toContain("trace_id");
    expect(seriesOf(open)).toEqual(seriesOf(parseMetrics(text).samples));
  });
});

test("without traces the text format is all that there is", async () => {
  expect((await post(untraced, "untraced", { traceparent: traceparent(newTrace(), "01") })).status).toBe(200);

  const { type, text } = await scrape(untraced, PROMETHEUS_ACCEPT);

  expect(type).toBe(TEXT_TYPE);
  expect(text).not.toContain("trace_id");
  expect(parseMetrics(text).value("realtime_publish_ack_duration_seconds_count")).toBe(1);
});
