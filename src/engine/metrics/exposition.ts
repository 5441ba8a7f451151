import type { MetricFamily } from "../ipc/messages.js";

/** A form in which metrics are told. */
export interface Format {
  /** Its media type. */
  readonly type: string;
  /**
   * The families of several processes as one text. All samples of a name are together below one head; nothing is added up, as each sample
   * names its worker.
   */
  print(processes: Iterable<readonly MetricFamily[]>): string;
}

/** Prometheus' own. */
export const TEXT: Format = { type: "text/plain; version=0.0.4; charset=utf-8", print: toText };

/** That with exemplars. Series have the same names and labels as in the other one. */
export const OPEN_METRICS: Format = {
  type: "application/openmetrics-text; version=1.0.0; charset=utf-8",
  print: toOpenMetrics,
};

/** What a scraper would rather have, by its header `Accept`. Those that name OpenMetrics and text alike can read both. */
export function formatFor(accept = ""): Format {
  const ranges = accept
    .toLowerCase()
    .replaceAll(" ", "")
    .split(",")
    .map((range) => range.split(";"));
  const qualityOf = (type: string): number => {
    const [, ...parameters] = ranges.find(([name]) => name === type) ?? [type, "q=0"];
    return Number(parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? 1) || 0;
  };
  const quality = qualityOf("application/openmetrics-text");
  return quality > 0 && quality >= qualityOf("text/plain") ? OPEN_METRICS : TEXT;
}

/** See {@link TEXT}. */
export function toText(processes: Iterable<readonly MetricFamily[]>): string {
  return [...joined(processes).values()]
    .map(({ head, parts }) => `${[head, ...parts.flatMap(({ samples }) => samples)].join("\n")}\n`)
    .join("\n");
}

function toOpenMetrics(processes: Iterable<readonly MetricFamily[]>): string {
  const families = joined(processes);
  const lines = [...families].flatMap(([name, { head, parts }]) => [
    openMetricsHead(name, head, (other) => families.has(other)),
    ...parts.flatMap(({ samples, exemplars = [] }) =>
      samples.map((sample, index) => `${sample}${exemplars[index] ?? ""}`),
    ),
  ]);
  return `${[...lines, "# EOF"].join("\n")}\n`;
}

/** The same samples under another worker's name. */
export function relabel(families: readonly MetricFamily[], worker: string): MetricFamily[] {
  const rename = (sample: string): string => sample.replace(/([{,])worker="[^"]*"/, `$1worker="${worker}"`);
  return families.map((family) => ({ ...family, samples: family.samples.map(rename) }));
}

interface Joined {
  readonly head: string;
  readonly parts: MetricFamily[];
}

/** What the processes have of each name, in the order in which the names come. */
function joined(processes: Iterable<readonly MetricFamily[]>): Map<string, Joined> {
  const families = new Map<string, Joined>();
  for (const process of processes) {
    for (const part of process) {
      const family = families.get(part.name) ?? { head: part.head, parts: [] };
      families.set(part.name, family);
      family.parts.push(part);
    }
  }
  return families;
}

/** A counter's family is named without the `_total` that ends the names of its samples; a counter that has no such name is of no known type. */
function openMetricsHead(name: string, head: string, isTaken: (name: string) => boolean): string {
  const [help = "", type = ""] = head.split("\n").map((line) => line.slice(`# HELP ${name} `.length));
  const stem = name.replace(/_total$/, "");
  const isCounter = type === "counter" && stem !== name && !isTaken(stem);
  const family = isCounter ? stem : name;
  const kind = type === "counter" && !isCounter ? "unknown" : type;
  return `# HELP ${family} ${help.replaceAll('"', '\\"')}\n# TYPE ${family} ${kind}`;
}
