import type { MetricFamily } from "../../../src/engine/ipc/messages.js";
import { relabel, toText } from "../../../src/engine/metrics/exposition.js";
import { parseMetrics } from "../../support/metrics-text.js";

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
