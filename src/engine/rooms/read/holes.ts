import type { RoomLimits } from "../limits.js";
import type { Clock } from "../ports.js";
import type { LogView } from "./log-view.js";

/**
 * How long numbers have been missing in a room's log, so that they may be declared unused: those of a gap, below entries
 * that are here, and those of the tail, which were handed out with nothing stored behind them.
 */
export class Holes {
  readonly #clock: Clock;
  readonly #holeMs: number;
  #gap: { readonly after: number; readonly below: number; readonly dueAtMs: number } | undefined;
  #tail: { readonly after: number; readonly top: number; readonly sinceMs: number } | undefined;

  constructor(clock: Clock, limits: Pick<RoomLimits, "holeMs">) {
    this.#clock = clock;
    this.#holeMs = limits.holeMs;
  }

  /** Whether the store was read for the gap and does not have it. */
  get isGapKnown(): boolean {
    return this.#gap !== undefined;
  }

  /** The number below which all that is missing may be declared unused. The first call for a gap begins its time. */
  gapDueBelow(view: LogView): number | undefined {
    const gap = this.#gap;
    if (gap !== undefined && gap.after === view.last) {
      return this.#clock.now() < gap.dueAtMs ? undefined : gap.below;
    }
    // Workers that see the same hole should not all fill it in the same instant.
    const dueAtMs = this.#clock.now() + this.#holeMs * (1 + 0.2 * this.#clock.random());
    this.#gap = { after: view.last, below: view.highest, dueAtMs };
    return undefined;
  }

  /** Whether the numbers up to `top` may be declared unused. The first call for a tail begins its time. */
  isTailDue(view: LogView, top: number): boolean {
    const { last: after, waiting } = view;
    const tail = this.#tail;
    if (after >= top || waiting > 0) {
      this.#tail = undefined;
      return false;
    }
    if (tail !== undefined && tail.after === after && tail.top === top) {
      return this.#clock.now() - tail.sinceMs >= this.#holeMs;
    }
    this.#tail = { after, top, sinceMs: this.#clock.now() };
    return false;
  }

  forgetGap(): void {
    this.#gap = undefined;
  }

  forget(): void {
    this.#gap = undefined;
    this.#tail = undefined;
  }
}
