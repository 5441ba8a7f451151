import { setImmediate as nextTurn } from "node:timers/promises";
import { EventHeap } from "./event-heap.js";

/** Adds something that is due after a time, about a subject: the number of a client, a worker or an instance. */
export type Schedule = (delayMs: number, subject: number) => void;

/** Events between two looks at the real clock. */
const EVENTS_PER_LOOK = 65_536;
const REPORT_EVERY_MS = 2000;

/** Time that passes from event to event. */
export class VirtualTime {
  nowMs = 0;
  /** How many events there were. */
  events = 0;
  readonly #heap = new EventHeap();
  readonly #handlers: ((subject: number) => void)[] = [];
  #hasWoken = false;
  #isWaitedFor = (): boolean => false;

  /** A kind of events, all of which this handler gets. */
  kind(handler: (subject: number) => void): Schedule {
    const kind = this.#handlers.push(handler) - 1;
    return (delayMs, subject) => this.#heap.push(this.nowMs + delayMs, kind, subject);
  }

  /** To be called when a promise was settled: what waits for it goes on before time does. */
  wake(): void {
    this.#hasWoken = true;
  }

  /** Time stands still as long as this says so: something of the real world, such as a key, is on its way. */
  waitFor(isUnderWay: () => boolean): void {
    this.#isWaitedFor = isUnderWay;
  }

  /**
   * Goes on until `isOver`, until nothing is due, or to `endMs`. `onProgress` is called every two seconds of the real world, not of
   * this one.
   */
  async run(isOver: () => boolean, endMs: number, onProgress: () => void = () => {}): Promise<void> {
    let toldAtNs = process.hrtime.bigint();
    const everyNs = BigInt(REPORT_EVERY_MS) * 1_000_000n;
    await this.#settle();
    while (this.#heap.firstMs <= endMs && !isOver()) {
      this.#step();
      if (this.#hasWoken) await this.#settle();
      if (this.events % EVENTS_PER_LOOK !== 0) continue;
      await nextTurn(); // signals are heard
      const nowNs = process.hrtime.bigint();
      if (nowNs - toldAtNs < everyNs) continue;
      toldAtNs = nowNs;
      onProgress();
    }
  }

  #step(): void {
    const heap = this.#heap;
    const { firstKind: kind, firstSubject: subject } = heap;
    this.nowMs = heap.firstMs;
    heap.pop();
    this.events += 1;
    this.#handlers[kind]?.(subject);
  }

  /** Everything that waits for a settled promise has gone on. */
  async #settle(): Promise<void> {
    this.#hasWoken = false;
    do await nextTurn();
    while (this.#isWaitedFor());
  }
}
