import { Counter, type Registry } from "prom-client";
import { BUS_REFUSALS, type BusMetrics } from "./types.js";

/** What is measured about what workers tell each other. The series are there from the start. */
export function createBusMetrics(registry: Registry): BusMetrics {
  const refusals = new Counter({
    name: "realtime_bus_refused_total",
    help: "Messages between workers that were not believed: of another database, forged, or of a room's replaced log",
    labelNames: ["reason"],
    registers: [registry],
  });
  for (const reason of BUS_REFUSALS) refusals.inc({ reason }, 0);
  return { refused: (reason) => refusals.inc({ reason }) };
}
