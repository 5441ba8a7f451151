import { AppError, ERRORS, type ErrorBody } from "../../../contract/errors.js";
import type { RateSetting } from "../../config/values.js";
import { createRateBuckets } from "./rate-buckets.js";

/** A rate that each key of one kind may not exceed. */
export interface RateLimit {
  /** Takes one; gives 0, or the time after which there is one, in milliseconds: that is a refusal, and counted. */
  take(key: string): number;
  /** The time after which there is one, in milliseconds; 0 when there is one. What is not 0 is counted as a refusal. */
  waitMs(key: string): number;
  /** Takes what may not be there. */
  charge(key: string, count: number): void;
  /** Whether more was taken than was there, and has not come in yet. */
  owes(key: string): boolean;
  /** What an answer over HTTP tells of it: fields of draft-ietf-httpapi-ratelimit-headers-10. None when it is off. */
  headers(key: string): readonly (readonly [name: string, value: string])[];
}

const UNLIMITED: RateLimit = {
  take: () => 0,
  waitMs: () => 0,
  charge: () => {},
  owes: () => false,
  headers: () => [],
};

/**
 * The limit at this rate; `name` stands in the headers. Something that costs n takes one and charges the rest: it is let in while one is
 * there, whatever it costs, and what follows waits until that has come in. So no cost is too high for ever, and over time the rate holds.
 */
export function createRateLimit(
  name: string,
  rate: RateSetting,
  onRefused: () => void,
  now: () => number,
): RateLimit {
  if (rate === "off") return UNLIMITED;
  const buckets = createRateBuckets(rate, now);
  const policy = `"${name}";q=${rate.burst};w=${Math.ceil(rate.burst / rate.perSecond)}`;

  function counted(waitMs: number): number {
    if (waitMs > 0) onRefused();
    return waitMs;
  }

  return {
    take: (key) => counted(buckets.take(key)),
    waitMs: (key) => counted(buckets.waitMs(key)),
    charge: buckets.charge,
    owes: buckets.owes,
    headers(key) {
      const { tokens, fullInMs } = buckets.state(key);
      const state = `"${name}";r=${tokens};t=${Math.ceil(fullInMs / 1000)}`;
      return [
        ["RateLimit-Policy", policy],
        ["RateLimit", state],
      ];
    },
  };
}

/** What is told to whom a limit refuses. */
export function rateLimited(waitMs: number): AppError {
  return new AppError("rate_limited", undefined, { retryAfterMs: retryAfterMs(waitMs) });
}

/** The same without an error, which would cost more than all else of a refusal. */
export function rateLimitedBody(waitMs: number): ErrorBody {
  const { message, temporary } = ERRORS.rate_limited;
  return { code: "rate_limited", message, temporary, retryAfterMs: retryAfterMs(waitMs) };
}

/** A debt may be long: it is asked again within the hour. */
function retryAfterMs(waitMs: number): number {
  return Math.min(Math.ceil(waitMs), 3_600_000);
}
