import { collectDefaultMetrics, type OpenMetricsContentType, Registry } from "prom-client";
import type { MetricFamily } from "../ipc/messages.js";

/**
 * Defaults of the library that are left out: they list every open handle, which takes milliseconds per thousand
 * connections at each collection, to tell what `realtime_connections` and `process_open_fds` tell.
 */
const COSTLY = ["handles", "requests", "resources"].flatMap((what) => [
  `nodejs_active_${what}`,
  `nodejs_active_${what}_total`,
]);

/** A registry of its own, never the library's global one, whose series all say which worker they are of. */
export function createRegistry(worker: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ worker });
  return registry;
}

/** Adds what the library measures of every Node process. It cannot be ended: it goes on as long as the process. */
export function addProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry });
  for (const name of COSTLY) registry.removeSingleMetric(name);
}

/** What the library puts behind a sample that has an exemplar. No label's value looks like it, as quotes are escaped in those. */
const EXEMPLAR = / # \{trace_id="\w+",span_id="\w+"\} \S+ \S+$/;

/**
 * The current content of the registry in the text format, separated by name, so that several can be joined. What is in `openMetrics` as well
 * has exemplars.
 */
export async function readFamilies(
  registry: Registry,
  openMetrics?: Registry<OpenMetricsContentType>,
): Promise<MetricFamily[]> {
  const names = registry.getMetricsAsArray().map(({ name }) => name);
  return Promise.all(
    names.map(async (name) => {
      const hasExemplars = openMetrics?.getSingleMetric(name) !== undefined;
      const source = hasExemplars ? openMetrics : registry;
      const lines = (await source.getSingleMetricAsString(name)).split("\n");
      const first = lines.findIndex((line) => !line.startsWith("#"));
      const end = first === -1 ? lines.length : first;
      const head = lines.slice(0, end).join("\n");
      const samples = lines.slice(end);
      if (!hasExemplars) return { name, head, samples };
      const exemplars = samples.map((sample) => EXEMPLAR.exec(sample)?.[0] ?? "");
      return { name, head, samples: samples.map((sample) => sample.replace(EXEMPLAR, "")), exemplars };
    }),
  );
}
