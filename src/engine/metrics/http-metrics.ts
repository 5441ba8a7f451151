import { Histogram, type Registry } from "prom-client";
import { DURATION_BUCKETS } from "./buckets.js";
import type { HttpMetrics } from "./types.js";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** Durations of HTTP requests. Node's parser knows some thirty methods; the unusual ones are one series. */
export function createHttpMetrics(registry: Registry): HttpMetrics {
  const durations = new Histogram({
    name: "http_request_duration_seconds",
    help: "Time from the header of an HTTP request to the end of its answer",
    labelNames: ["method", "route", "status"],
    buckets: DURATION_BUCKETS,
    registers: [registry],
  });
  return {
    answered({ method, route, status }, durationMs) {
      const known = METHODS.includes(method) ? method : "other";
      durations.observe({ method: known, route, status }, durationMs / 1000);
    },
  };
}
