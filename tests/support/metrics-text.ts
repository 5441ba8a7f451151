/** One sample of Prometheus' text format. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What a scraper makes of a `/metrics` answer. */
export interface ParsedMetrics {
  /** The type of each metric, by its name; also of those without a sample. */
  readonly types: ReadonlyMap<string, string>;
  readonly samples: readonly Sample[];
  /** The samples of this name that have these labels, among others. */
  select(name: string, labels?: Readonly<Record<string, string>>): Sample[];
  /** The one value among them. @throws when there is none, or more than one. */
  value(name: string, labels?: Readonly<Record<string, string>>): number;
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"(?:,|$)/y;
const SUFFIX = /_(bucket|sum|count)$/;

/**
 * Reads the text as strictly as Prometheus does.
 * @throws on what it would refuse: lines that are no samples, a series or a head twice, samples apart from their head.
 */
export function parseMetrics(text: string): ParsedMetrics {
  const types = new Map<string, string>();
  const samples: Sample[] = [];
  const seen = new Set<string>();
  let current = "";

  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("# HELP ")) continue;
    if (line.startsWith("# TYPE ")) {
      const [, , name = "", type = ""] = line.split(" ");
      if (types.has(name)) throw new Error(`${name} has two heads`);
      types.set(name, type);
      current = name;
      continue;
    }
    const sample = parseSample(line);
    const family = types.get(current) === "histogram" ? sample.name.replace(SUFFIX, "") : sample.name;
    if (family !== current) throw new Error(`apart from its head: ${line}`);
    const series = line.slice(0, line.lastIndexOf(" "));
    if (seen.has(series)) throw new Error(`a second time: ${series}`);
    seen.add(series);
    samples.push(sample);
  }

  function select(name: string, labels: Readonly<Record<string, string>> = {}): Sample[] {
    const wanted = Object.entries(labels);
    return samples.filter(
      (sample) => sample.name === name && wanted.every(([label, value]) => sample.labels[label] === value),
    );
  }

  return {
    types,
    samples,
    select,
    value(name, labels) {
      const [found, ...more] = select(name, labels);
      const shown = `${name} ${JSON.stringify(labels ?? {})}`;
      if (found === undefined || more.length > 0) throw new Error(`${more.length + 1} or none of ${shown}`);
      return found.value;
    },
  };
}

/** @throws on what is no sample. */
export function parseSample(line: string): Sample {
  const [, name = "", list = "", value = ""] = SAMPLE.exec(line) ?? [];
  const number = value === "+Inf" ? Number.POSITIVE_INFINITY : Number(value);
  if (name === "" || (Number.isNaN(number) && value !== "Nan" && value !== "NaN"))
    throw new Error(`no sample: ${line}`);
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < list.length) {
    const [, label, text = ""] = LABEL.exec(list) ?? [];
    if (label === undefined) throw new Error(`no labels: ${line}`);
    labels[label] = text;
  }
  return { name, labels, value: number };
}
