import type { MetricFamily } from "../../../src/engine/ipc/messages.js";
import { formatFor, OPEN_METRICS, relabel, TEXT, toText } from "../../../src/engine/metrics/exposition.js";
import { parseMetrics } from "../../support/metrics-text.js";
import { PROMETHEUS_ACCEPT, parseOpenMetrics } from "../../support/open-metrics-text.js";

function family(name: string, ...samples: string[]): MetricFamily {
  return { name, head: `# HELP ${name} what it is\n# TYPE ${name} counter`, samples };
}

describe("the text of several processes", () => {
  test("has each name once, with the samples of all processes below it", () => {
    const text = toText([
      [family("a", 'a{worker="1"} 1'), family("b", 'b{worker="1"} 2')],
      [family("b", 'b{worker="2"} 3'), family("c")],
    ]);

    const { types, samples } = parseMetrics(text);
    expect([...types.keys()]).toEqual(["a", "b", "c"]);
    expect(samples.map(({ name, labels, value }) => [name, labels.worker, value])).toEqual([
      ["a", "1", 1],
      ["b", "1", 2],
      ["b", "2", 3],
    ]);
    expect(text.endsWith("\n")).toBe(true);
  });

  test("adds nothing up", () => {
    const text = toText([[family("a", 'a{worker="1"} 1')], [family("a", 'a{worker="2"} 1')]]);

    expect(parseMetrics(text).select("a")).toHaveLength(2);
  });

  test("leaves the processes' own lists alone", () => {
    const families = [family("a", 'a{worker="1"} 1')];
    toText([families, families]);

    expect(families).toEqual([family("a", 'a{worker="1"} 1')]);
  });
});

test("samples under another name change only in the label of the worker", () => {
  const samples = ['a{other_worker="1",worker="1"} 1', 'a{worker="1",le="5"} 1', "a 1"];

  expect(relabel([family("a", ...samples)], "1-leaving")[0]?.samples).toEqual([
    'a{other_worker="1",worker="1-leaving"} 1',
    'a{worker="1-leaving",le="5"} 1',
    "a 1",
  ]);
});

describe("OpenMetrics of several processes", () => {
  const exemplar = (traceId: string): string => ` # {trace_id="${traceId}",span_id="1"} 0.5 1700000000.25`;
  const histogram = (worker: string): MetricFamily => ({
    name: "h_seconds",
    head: "# HELP h_seconds what it is\n# TYPE h_seconds histogram",
    samples: [`h_seconds_bucket{le="1",worker="${worker}"} 1`, `h_seconds_count{worker="${worker}"} 1`],
    exemplars: [exemplar(worker), ""],
  });

  test("has the exemplars of each of them, and ends", () => {
    const text = OPEN_METRICS.print([[histogram("7")], relabel([histogram("8")], "9"), []]);

    const { types, samples } = parseOpenMetrics(text);
    expect([...types]).toEqual([["h_seconds", "histogram"]]);
    expect(
      samples.map(({ name, labels, exemplar: of }) => [name, labels.worker, of?.labels.trace_id]),
    ).toEqual([
      ["h_seconds_bucket", "7", "7"],
      ["h_seconds_count", "7", undefined],
      ["h_seconds_bucket", "9", "8"],
      ["h_seconds_count", "9", undefined],
    ]);
    expect(toText([[histogram("7")]])).not.toContain("trace_id");
  });

  test("names each sample as the text format does, whatever counters are called", () => {
    const families = ["a_total", "b", "c_total"].map((name) => family(name, `${name} 1`));
    const gauge = { name: "c", head: '# HELP c a "gauge"\n# TYPE c gauge', samples: ["c 1"] };

    const { types, samples } = parseOpenMetrics(OPEN_METRICS.print([[...families, gauge]]));

    expect(Object.fromEntries(types)).toEqual({ a: "counter", b: "unknown", c_total: "unknown", c: "gauge" });
    expect(samples.map(({ name }) => name)).toEqual(["a_total", "b", "c_total", "c"]);
  });

  test("of nothing is an end", () => {
    expect(OPEN_METRICS.print([])).toBe("# EOF\n");
  });
});

test.each([
  [undefined, TEXT],
  ["", TEXT],
  ["*/*", TEXT],
  ["text/plain;version=0.0.4;q=0.5,*/*;q=0.1", TEXT],
  [PROMETHEUS_ACCEPT, OPEN_METRICS],
  ["application/openmetrics-text", OPEN_METRICS],
  ["Application/OpenMetrics-Text; Version=1.0.0", OPEN_METRICS],
  ["text/plain, application/openmetrics-text;q=0.9", TEXT],
  ["application/openmetrics-text;q=0", TEXT],
  ["application/openmetrics-text;q=nonsense", TEXT],
  ["application/openmetrics-textual", TEXT],
])("a scraper that accepts %p gets what it would rather have", (accept, format) => {
  expect(formatFor(accept)).toBe(format);
});
