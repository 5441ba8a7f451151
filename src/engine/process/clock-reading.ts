/** What a server's clock has shown, and what this machine's has before and after it was asked; in milliseconds since 1970. */
export interface ClockReading {
  readonly serverMs: number;
  readonly beforeMs: number;
  readonly afterMs: number;
}

/** By how much a clock differs at least, in milliseconds: what the way there may have taken is not counted. */
export function leastSkewMs({ serverMs, beforeMs, afterMs }: ClockReading): number {
  return Math.max(0, beforeMs - serverMs, serverMs - afterMs);
}
