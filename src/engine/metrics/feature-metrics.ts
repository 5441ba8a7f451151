import { Counter, Gauge, type Registry } from "prom-client";
import type { DurationMetrics } from "./durations.js";
import type { FeatureMetrics } from "./types.js";

/** What the features measure. */
export function createFeatureMetrics(registry: Registry, { create }: DurationMetrics): FeatureMetrics {
  const registers = [registry];
  return {
    counter(name, help) {
      const counter = new Counter({ name, help, registers });
      return { add: (count = 1) => counter.inc(count) };
    },
    duration(name, help) {
      const histogram = create({ name, help }).labels({});
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
