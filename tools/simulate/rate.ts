/** How often something happens, by seconds. */
export class Rate {
  readonly values: number[] = [];
  readonly #now: () => number;

  /** `now` is in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  add(count = 1): void {
    const second = Math.floor(this.#now() / 1000);
    while (this.values.length <= second) this.values.push(0);
    this.values[second] = (this.values[second] as number) + count;
  }

  /** Of the busiest second from one to before another. */
  peak(from = 0, to = Number.POSITIVE_INFINITY): number {
    return Math.max(0, ...this.values.slice(from, to));
  }

  mean(from: number, to: number): number {
    return this.total(from, to) / Math.max(1, to - from);
  }

  total(from = 0, to = Number.POSITIVE_INFINITY): number {
    return this.values.slice(from, to).reduce((sum, value) => sum + value, 0);
  }
}
