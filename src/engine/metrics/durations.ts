import { Histogram, type OpenMetricsContentType, Registry } from "prom-client";
import { DURATION_BUCKETS } from "./buckets.js";
import type { ActiveTrace, Exemplar } from "./types.js";

type Labels<Label extends string> = Readonly<Partial<Record<Label, string>>>;

/** What a histogram of durations is about. */
export interface DurationsOf<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: Label[];
}

/** A histogram of seconds. */
export interface Durations<Label extends string> {
  observe(labels: Labels<Label>, seconds: number, exemplar?: Exemplar): void;
  /** One series; what it observes is an example of the trace that is active then. */
  labels(labels: Labels<Label>): { observe(seconds: number): void };
}

/** Makes a worker's histograms of durations. */
export interface DurationMetrics {
  readonly activeTrace: ActiveTrace;
  /** Has the histograms as well, if they have exemplars: the library prints those in OpenMetrics only. */
  readonly openMetrics: Registry<OpenMetricsContentType> | undefined;
  create<Label extends string = never>(of: DurationsOf<Label>): Durations<Label>;
}

/**
 * Without traces the histograms are the library's own, with nothing in between. Otherwise they keep the newest exemplar of each bucket of
 * each series.
 */
export function createDurations(
  registry: Registry,
  worker: string,
  activeTrace?: ActiveTrace,
): DurationMetrics {
  const buckets = DURATION_BUCKETS;
  if (activeTrace === undefined)
    return {
      activeTrace: () => undefined,
      openMetrics: undefined,
      create: (of) => new Histogram({ ...of, buckets, registers: [registry] }),
    };
  const openMetrics = new Registry<OpenMetricsContentType>();
  openMetrics.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  openMetrics.setDefaultLabels({ worker });
  return {
    activeTrace,
    openMetrics,
    create<Label extends string = never>(of: DurationsOf<Label>): Durations<Label> {
      const histogram = new Histogram<string>({
        ...{ ...of, buckets, registers: [openMetrics] },
        enableExemplars: true,
      });
      registry.registerMetric(histogram);
      const observe: Durations<Label>["observe"] = (labels, value, exemplar) =>
        histogram.observe(
          exemplar === undefined ? { labels, value } : { labels, value, exemplarLabels: exemplar },
        );
      return {
        observe,
        labels: (labels) => ({ observe: (seconds) => observe(labels, seconds, activeTrace()) }),
      };
    },
  };
}
