import cluster from "node:cluster";
import { isPrimaryMessage } from "../ipc/messages.js";
import { tellPrimary } from "../ipc/primary-link.js";
import type { WorkerMetrics } from "../metrics/worker-metrics.js";
import type { Component } from "../process/lifecycle.js";
import type { Logger } from "../process/logger.js";

/** Answers the primary's questions for the metrics of the worker in this slot, also while it drains. */
export function createMetricsLink(
  slot: number,
  metrics: Pick<WorkerMetrics, "collect">,
  log: Logger,
): Component {
  function onMessage(message: unknown): void {
    if (!isPrimaryMessage(message) || message.type !== "shoal:collect") return;
    const { request } = message;
    metrics.collect().then(
      (families) => tellPrimary({ type: "shoal:metrics", request, slot, families }),
      (error: unknown) => log.error({ err: error }, "metrics cannot be collected"),
    );
  }

  return {
    name: "metrics link",
    async start() {
      if (cluster.isWorker) process.on("message", onMessage);
    },
    async stop() {
      process.off("message", onMessage);
    },
  };
}
