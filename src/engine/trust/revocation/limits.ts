/** Times in milliseconds, where the name does not say otherwise. */
export interface RevocationLimits {
  /** From the beginning of one look to that of the next. */
  readonly lookEveryMs: number;
  /** The same at the least, when others ring. */
  readonly pauseMs: number;
  /** The same while the store does not answer. */
  readonly retryMs: number;
  /** Age of the list beyond which nobody new is let in. */
  readonly staleMs: number;
  /** How far back each look goes; more than a write takes that is acknowledged, from its number on. */
  readonly overlapMs: number;
  /** From the acknowledgement of a revocation to its effect on each worker, while the store answers within a second. */
  readonly effectiveMs: number;
  /** Time that renewable connections have. */
  readonly renewMs: number;
  /** Between two removals of what is over, ±20 %. */
  readonly removeEveryMs: number;
  /** Targets at a time, about. */
  readonly targets: number;
  /** How far ahead of MongoDB's clock `issuedBefore` may be, in seconds. */
  readonly aheadS: number;
  /** How much longer than any token a revocation is kept, in seconds: clocks differ. */
  readonly keptLongerS: number;
  /** MongoDB's clock was set when it has moved by this much against a steady one from one look to the next. */
  readonly setMs: number;
}

export const REVOCATION_LIMITS: RevocationLimits = {
  lookEveryMs: 5000,
  pauseMs: 100,
  retryMs: 1000,
  staleMs: 60_000,
  overlapMs: 30_000,
  effectiveMs: 6000,
  renewMs: 30_000,
  removeEveryMs: 10 * 60_000,
  targets: 100_000,
  aheadS: 300,
  keptLongerS: 60,
  setMs: 30_000,
};

/** Time after which no token is good that a revocation made now is about, in milliseconds. */
export function longestMs(maxTtlS: number, limits: Pick<RevocationLimits, "aheadS" | "keptLongerS">): number {
  return (limits.aheadS + maxTtlS + limits.keptLongerS) * 1000;
}
