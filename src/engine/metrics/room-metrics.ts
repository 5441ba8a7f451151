import { Counter, type Registry } from "prom-client";
import type { DurationMetrics } from "./durations.js";
import type { RoomMetrics } from "./types.js";

/** What is measured about durable rooms. */
export function createRoomMetrics(registry: Registry, { create }: DurationMetrics): RoomMetrics {
  const publishes = create({
    name: "realtime_publish_ack_duration_seconds",
    help: "Time from a publish to the commit of its messages, of those that succeeded",
  }).labels({});
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
