import cluster from "node:cluster";
import { hearPrimary, tellPrimary } from "../ipc/channel.js";
import type { WorkerMetrics } from "../metrics/worker-metrics.js";
import type { Component } from "../process/lifecycle.js";
import type { Logger } from "../process/logger.js";

/** Answers the primary's calls, and its questions for the metrics of the worker in this slot, also while it drains. */
export function createMetricsLink(
  slot: number,
  metrics: Pick<WorkerMetrics, "collect">,
  log: Logger,
): Component {
  let stopHearing = (): void => {};

  function answer(request: number): void {
    metrics.collect().then(
      (families) => tellPrimary({ type: "shoal:metrics", request, slot, families }),
      (error: unknown) => log.error({ err: error }, "metrics cannot be collected"),
    );
  }

  return {
    name: "metrics link",
    async start() {
      if (!cluster.isWorker) return;
      stopHearing = hearPrimary({
        "shoal:collect": ({ request }) => answer(request),
        "shoal:call": () => tellPrimary({ type: "shoal:here" }),
      });
    },
    async stop() {
      stopHearing();
    },
  };
}
