import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { DURATION_BUCKETS } from "./buckets.js";
import type { FeatureMetrics } from "./types.js";

/** What the features measure. */
export function createFeatureMetrics(registry: Registry): FeatureMetrics {
  const registers = [registry];
  return {
    counter(name, help) {
      const counter = new Counter({ name, help, registers });
      return { add: (count = 1) => counter.inc(count) };
    },
    duration(name, help) {
      const histogram = new Histogram({ name, help, registers, buckets: DURATION_BUCKETS });
      return { observe: (milliseconds) => histogram.observe(milliseconds / 1000) };
    },
    gauge(name, help, read) {
      const collect = function (this: Gauge): void {
        this.set(read());
      };
      new Gauge({ name, help, registers, collect });
    },
  };
}
