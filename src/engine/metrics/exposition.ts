import type { MetricFamily } from "../ipc/messages.js";

/** The media type of what {@link toText} returns. */
export const TEXT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/**
 * The families of several processes as one text. The format wants all samples of a name together below one head; nothing is
 * added up, as each sample names its worker.
 */
export function toText(processes: Iterable<readonly MetricFamily[]>): string {
  const families = new Map<string, { readonly head: string; readonly samples: string[] }>();
  for (const process of processes) {
    for (const { name, head, samples } of process) {
      const family = families.get(name) ?? { head, samples: [] };
      families.set(name, family);
      for (const sample of samples) family.samples.push(sample);
    }
  }
  return [...families.values()].map(({ head, samples }) => `${[head, ...samples].join("\n")}\n`).join("\n");
}

/** The same samples under another worker's name. */
export function relabel(families: readonly MetricFamily[], worker: string): MetricFamily[] {
  const rename = (sample: string): string => sample.replace(/([{,])worker="[^"]*"/, `$1worker="${worker}"`);
  return families.map((family) => ({ ...family, samples: family.samples.map(rename) }));
}
