/** As `EventLoopLag` measures: a timer of so many milliseconds, whose mean delay over the last window is told. */
const RESOLUTION_MS = 20;
const WINDOW_MS = 1000;

/**
 * What the measurement of the event loop's lag, which is Node's own and lives in real time, would say of a worker whose turns take so long.
 * Turns that are shorter than its timer do not delay it; a longer one is one sample.
 */
export class LagMeter {
  #startMs = 0;
  #longMs = 0;
  #longTurns = 0;
  #meanMs = 0;

  /** A turn of the event loop has ended now. */
  turn(durationMs: number, nowMs: number): void {
    this.#roll(nowMs);
    if (durationMs <= RESOLUTION_MS) return;
    this.#longMs += durationMs;
    this.#longTurns += 1;
  }

  /** Over the last full window. */
  meanMs(nowMs: number): number {
    this.#roll(nowMs);
    return this.#meanMs;
  }

  #roll(nowMs: number): void {
    const lastedMs = nowMs - this.#startMs;
    if (lastedMs < WINDOW_MS) return;
    const samples = this.#longTurns + Math.max(0, WINDOW_MS - this.#longMs) / RESOLUTION_MS;
    const coveredMs = Math.max(WINDOW_MS, this.#longMs);
    // After a window without any turn nothing of the one before counts.
    this.#meanMs = lastedMs < 2 * WINDOW_MS ? Math.max(0, coveredMs / samples - RESOLUTION_MS) : 0;
    this.#startMs = nowMs - (lastedMs % WINDOW_MS);
    this.#longMs = 0;
    this.#longTurns = 0;
  }
}
