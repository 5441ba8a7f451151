import type { Rate } from "../../config/values.js";

/** A token bucket for each key: an address, a user, a room. A key that was never seen has a full one. */
export interface RateBuckets {
  /** Takes a token; gives 0, or the time after which there is one, in milliseconds. */
  take(key: string): number;
  /** The time after which there is a token, in milliseconds; 0 when there is one. Takes nothing. */
  waitMs(key: string): number;
  /** Takes tokens that may not be there: what is owed has to come in before the next one is given. */
  charge(key: string, tokens: number): void;
  /** Whether more was charged than was there, and has not come in yet. */
  owes(key: string): boolean;
  /** Whole tokens that are there, and the time after which there are as many as there can be, in milliseconds. */
  state(key: string): { readonly tokens: number; readonly fullInMs: number };
  /** How many buckets are kept. */
  readonly size: number;
}

/**
 * Buckets that are kept. One that is not full lasts no longer than its tokens take to come: at ten tokens a second it takes 655,360
 * tokens a second to keep so many of them busy. Each takes about 150 bytes.
 */
const MOST_BUCKETS = 65_536;
/** Buckets that are looked at for each one that is made: two, so that there are never many more than are in use. */
const SWEPT = 2;
const SWEPT_WHEN_FULL = 64;
/** Of rounding, in milliseconds. */
const ROUNDING_MS = 1e-6;
/** The bucket of all for whom there is no room. No key is empty. */
const STRANGERS = "";

/**
 * Keeps of each bucket only when it will be full again (this is the generic cell rate algorithm), and forgets those that are full. When
 * there is no room for another bucket, those that come share one: nobody's debt is forgotten for them. `now` is in milliseconds.
 */
export function createRateBuckets(
  { perSecond, burst }: Rate,
  now: () => number,
  mostBuckets = MOST_BUCKETS,
): RateBuckets {
  const msPerToken = 1000 / perSecond;
  /** The time that a bucket with one token still takes to be full. */
  const lastTokenMs = (burst - 1) * msPerToken + ROUNDING_MS;
  const fullAtMs = new Map<string, number>();
  /** Goes round the buckets, a few steps at a time. */
  let hand = fullAtMs.entries();

  function sweep(nowMs: number): void {
    for (let left = fullAtMs.size < mostBuckets ? SWEPT : SWEPT_WHEN_FULL; left > 0; left -= 1) {
      const { value, done } = hand.next();
      if (done === true) {
        hand = fullAtMs.entries();
        return;
      }
      if (value[1] <= nowMs) fullAtMs.delete(value[0]);
    }
  }

  /** The key under which one that has no bucket is counted. */
  function placeFor(key: string, nowMs: number): string {
    sweep(nowMs);
    return fullAtMs.size < mostBuckets ? key : STRANGERS;
  }

  /** The time that the bucket still takes to be full. */
  function owedMs(key: string, nowMs: number): number {
    const ownMs = fullAtMs.get(key);
    const atMs = ownMs ?? (fullAtMs.size < mostBuckets ? 0 : fullAtMs.get(STRANGERS)) ?? 0;
    return atMs > nowMs ? atMs - nowMs : 0;
  }

  return {
    take(key) {
      const nowMs = now();
      let fullMs = fullAtMs.get(key);
      let place = key;
      if (fullMs === undefined) {
        place = placeFor(key, nowMs);
        fullMs = fullAtMs.get(place) ?? nowMs;
      }
      const owed = fullMs > nowMs ? fullMs - nowMs : 0;
      if (owed > lastTokenMs) return owed - lastTokenMs;
      fullAtMs.set(place, nowMs + owed + msPerToken);
      return 0;
    },
    waitMs(key) {
      const owed = owedMs(key, now());
      return owed > lastTokenMs ? owed - lastTokenMs : 0;
    },
    charge(key, tokens) {
      const nowMs = now();
      const place = fullAtMs.has(key) ? key : placeFor(key, nowMs);
      fullAtMs.set(place, nowMs + owedMs(place, nowMs) + tokens * msPerToken);
    },
    owes: (key) => owedMs(key, now()) > lastTokenMs + msPerToken,
    state(key) {
      const fullInMs = owedMs(key, now());
      const tokens = Math.floor(burst - fullInMs / msPerToken + ROUNDING_MS);
      return { tokens: Math.max(0, tokens), fullInMs };
    },
    get size() {
      return fullAtMs.size;
    },
  };
}
