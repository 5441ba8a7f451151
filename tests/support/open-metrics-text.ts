import { parseSample, type Sample } from "./metrics-text.js";

/** What Prometheus 3 sends by default. */
export const PROMETHEUS_ACCEPT =
  "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";

export interface Exemplar {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Seconds since 1970. */
  readonly timestamp: number;
}

export interface OpenSample extends Sample {
  readonly exemplar?: Exemplar;
}

/** What may be behind a family's name in those of its samples, by its type; and of which samples exemplars may be. */
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ["_total"],
  gauge: [""],
  histogram: ["_bucket", "_sum", "_count"],
  unknown: [""],
};
const WITH_EXEMPLARS = ["_total", "_bucket"];
const EXEMPLAR = /^(.*) # (\{.*\}) (\S+) (\S+)$/;
const MAX_LABELS_CHARACTERS = 128;

/**
 * Reads OpenMetrics 1.0 as strictly as its specification wants it to be read.
 * @throws on families that come twice, samples apart from their head or of another name than their type allows, exemplars where there must
 * be none or beyond their bucket, empty lines, and an end that is missing or not the end.
 */
export function parseOpenMetrics(text: string): {
  readonly types: ReadonlyMap<string, string>;
  readonly samples: readonly OpenSample[];
} {
  if (!text.endsWith("\n# EOF\n")) throw new Error("no end");
  const types = new Map<string, string>();
  const helps = new Set<string>();
  const samples: OpenSample[] = [];
  const seen = new Set<string>();
  let family = "";
  for (const line of text.slice(0, -"\n# EOF\n".length).split("\n")) {
    const [, kind, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (kind === "HELP") {
      if (helps.has(name) || /(^|[^\\])"/.test(rest)) throw new Error(`twice, or with quotes: ${line}`);
      helps.add(name);
    } else if (kind === "TYPE") {
      if (types.has(name) || !(rest in SUFFIXES)) throw new Error(`twice, or of no type: ${line}`);
      types.set(name, rest);
      family = name;
    } else {
      const sample = parseOpenSample(line);
      const suffix = sample.name.slice(family.length);
      if (!sample.name.startsWith(family) || !SUFFIXES[types.get(family) ?? ""]?.includes(suffix))
        throw new Error(`apart from its head: ${line}`);
      if (sample.exemplar !== undefined && !WITH_EXEMPLARS.includes(suffix))
        throw new Error(`not of that: ${line}`);
      const series = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
      if (seen.has(series)) throw new Error(`a second time: ${series}`);
      seen.add(series);
      samples.push(sample);
    }
  }
  return { types, samples };
}

function parseOpenSample(line: string): OpenSample {
  const [, plain, list = "", value, timestamp] = EXEMPLAR.exec(line) ?? [];
  if (plain === undefined) return parseSample(line);
  const sample = parseSample(plain);
  const { labels } = parseSample(`exemplar${list} ${value}`);
  const exemplar = { labels, value: Number(value), timestamp: Number(timestamp) };
  const characters = Object.entries(labels).flat().join("").length;
  const bound =
    sample.labels.le === "+Inf" ? Number.POSITIVE_INFINITY : Number(sample.labels.le ?? "Infinity");
  if (characters > MAX_LABELS_CHARACTERS || !(exemplar.value <= bound) || !(exemplar.timestamp > 0))
    throw new Error(`no exemplar: ${line}`);
  return { ...sample, exemplar };
}
