import { Counter, Histogram, type Registry } from "prom-client";
import { DURATION_BUCKETS } from "./buckets.js";
import type { RoomMetrics } from "./types.js";

/** What is measured about durable rooms. */
export function createRoomMetrics(registry: Registry): RoomMetrics {
  const publishes = new Histogram({
    name: "realtime_publish_ack_duration_seconds",
    help: "Time from a publish to the commit of its messages, of those that succeeded",
    buckets: DURATION_BUCKETS,
    registers: [registry],
  });
  const repairs = new Counter({
    name: "realtime_room_repairs_total",
    help: "Gaps in durable rooms that were read from the log, because the other workers' messages did not arrive",
    registers: [registry],
  });
  return {
    published: (durationMs) => publishes.observe(durationMs / 1000),
    repaired: () => repairs.inc(),
  };
}
