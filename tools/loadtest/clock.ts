/** Microseconds between the system's monotonic clock and this process's `performance.now()`. */
const ORIGIN_US = Number(process.hrtime.bigint() / 1000n) - performance.now() * 1000;

/**
 * Microseconds of the machine's monotonic clock. All processes of one machine agree about it, which they do not about
 * `performance.timeOrigin` once somebody has set the wall clock.
 */
export function nowUs(): number {
  return ORIGIN_US + performance.now() * 1000;
}
