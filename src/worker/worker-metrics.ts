import type { Config } from "../config/config.js";
import { createWorkerMetrics, type WorkerMetrics } from "../metrics/worker-metrics.js";
import { createClientEvents, SERVER_EVENTS } from "../realtime/events.js";

/** The metrics of this worker, with a series for each event of the contract. */
export function createMetrics(slot: number, config: Config): WorkerMetrics {
  const schemas = createClientEvents({ ...config.limits, rooms: config.rooms });
  return createWorkerMetrics(slot, { in: Object.keys(schemas), out: SERVER_EVENTS });
}
