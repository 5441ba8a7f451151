import type { Schedule, VirtualTime } from "./virtual-time.js";
import { WaitingLine } from "./waiting-line.js";

/** Tells of handshakes that have lasted too long. All may last as long, so that they stand in a line. */
export class Deadlines {
  readonly #time: VirtualTime;
  readonly #mostMs: number;
  readonly #begun = new WaitingLine();
  readonly #begunAtMs: number[] = [];
  /** Number of those that the line has lost, and with it of the first of `begunAtMs` that counts. */
  #passed = 0;
  readonly #look: Schedule;
  #isLooking = false;

  /** `onLate` hears of each handshake that has lasted for `mostMs`, whether it is over or not. */
  constructor(time: VirtualTime, mostMs: number, onLate: (client: number, turn: number) => void) {
    this.#time = time;
    this.#mostMs = mostMs;
    this.#look = time.kind(() => {
      this.#isLooking = false;
      while (this.#firstMs <= time.nowMs) {
        this.#pass();
        onLate(...this.#begun.shift());
      }
      this.#lookLater();
    });
  }

  begin(client: number, turn: number): void {
    this.#begun.push(client, turn);
    this.#begunAtMs.push(this.#time.nowMs);
    this.#lookLater();
  }

  /** When the first of them is late. */
  get #firstMs(): number {
    return this.#begun.length === 0
      ? Number.POSITIVE_INFINITY
      : (this.#begunAtMs[this.#passed] as number) + this.#mostMs;
  }

  #pass(): void {
    this.#passed += 1;
    if (this.#passed < 65_536 || this.#passed * 2 < this.#begunAtMs.length) return;
    this.#begunAtMs.splice(0, this.#passed);
    this.#passed = 0;
  }

  #lookLater(): void {
    if (this.#isLooking || this.#begun.length === 0) return;
    this.#isLooking = true;
    this.#look(this.#firstMs - this.#time.nowMs, 0);
  }
}
