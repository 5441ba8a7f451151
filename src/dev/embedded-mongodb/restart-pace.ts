const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 5000;

/** A run this long counts as healthy: what ends it is a new trouble, not the old one. */
const HEALTHY_RUN_MS = 30_000;

/** Ends without a healthy run between them that make a crash loop. */
const LOOP_LENGTH = 3;

export interface Restart {
  readonly delayMs: number;
  /** True when restarting does not seem to help and a person must look. */
  readonly isLoop: boolean;
}

/** Says when to try again after each end: at once, then ever later, up to every 5 s. */
export function createRestartPace(): { next(ranMs: number): Restart } {
  let ends = 0;

  function next(ranMs: number): Restart {
    ends = ranMs >= HEALTHY_RUN_MS ? 1 : ends + 1;
    const delayMs = Math.min(FIRST_DELAY_MS * 2 ** (ends - 1), MAX_DELAY_MS);
    return { delayMs, isLoop: ends >= LOOP_LENGTH };
  }

  return { next };
}
