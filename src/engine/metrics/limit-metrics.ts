import { Counter, type Registry } from "prom-client";
import { LIMITS, type LimitMetrics } from "./types.js";

/** Counter of what limits refuse; the series of all limits are there from the start, so that rates have no gap. */
export function createLimitMetrics(registry: Registry): LimitMetrics {
  const refusals = new Counter({
    name: "realtime_limited_total",
    help: "What was refused for its rate or number, by the limit: handshakes, requests and bodies of an address, events and connections of a user, messages of a room, requests of keys; refusals are connections that were closed for theirs",
    labelNames: ["limit"],
    registers: [registry],
  });
  const limits = new Map(LIMITS.map((limit) => [limit, refusals.labels(limit)]));
  for (const child of limits.values()) child.inc(0);
  return { refused: (limit) => limits.get(limit)?.inc() };
}
