import type { DurationMetrics } from "./durations.js";
import type { HttpMetrics } from "./types.js";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** Durations of HTTP requests. Node's parser knows some thirty methods; the unusual ones are one series. */
export function createHttpMetrics({ create, activeTrace }: DurationMetrics): HttpMetrics {
  const durations = create({
    name: "http_request_duration_seconds",
    help: "Time from the header of an HTTP request to the end of its answer",
    labelNames: ["method", "route", "status"],
  });
  return {
    activeTrace,
    answered({ method, route, status }, durationMs, exemplar) {
      const known = METHODS.includes(method) ? method : "other";
      durations.observe({ method: known, route, status }, durationMs / 1000, exemplar);
    },
  };
}
