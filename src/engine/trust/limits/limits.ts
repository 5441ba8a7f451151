import type { RatesConfig } from "../../config/limit-variables.js";
import type { LimitMetrics } from "../../metrics/types.js";
import { createRateLimit, type RateLimit } from "./rate-limit.js";

/** All rates of a worker. Each worker counts by itself: who has connections on two workers has two buckets. */
export interface Limits {
  /** Handshakes of an address. */
  readonly handshakes: RateLimit;
  /** Requests of an address. */
  readonly requests: RateLimit;
  /** Events and requests of a user, on however many connections. */
  readonly events: RateLimit;
  /** Messages that are stored in a room, whoever sends them. */
  readonly messages: RateLimit;
  /** Requests with a key of the server API. */
  readonly keys: RateLimit;
}

/** The limits at these rates. `now` is in milliseconds. */
export function createLimits(rates: RatesConfig, metrics: LimitMetrics, now: () => number): Limits {
  return {
    handshakes: createRateLimit("address", rates.ipHandshakes, () => metrics.refused("handshakes"), now),
    requests: createRateLimit("address", rates.ipRequests, () => metrics.refused("requests"), now),
    events: createRateLimit("user", rates.userEvents, () => metrics.refused("events"), now),
    messages: createRateLimit("room", rates.roomPublish, () => metrics.refused("messages"), now),
    keys: createRateLimit("key", rates.keyRequests, () => metrics.refused("keys"), now),
  };
}
