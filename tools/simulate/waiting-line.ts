/** What waits for a server, first come, first served: pairs of a subject and its turn. */
export class WaitingLine {
  #pairs: number[] = [];
  #head = 0;

  get length(): number {
    return (this.#pairs.length - this.#head) / 2;
  }

  push(subject: number, turn: number): void {
    this.#pairs.push(subject, turn);
  }

  /** Takes the first pair; to be asked only when there is one. */
  shift(): readonly [subject: number, turn: number] {
    const [subject, turn] = [this.#pairs[this.#head] as number, this.#pairs[this.#head + 1] as number];
    this.#head += 2;
    if (this.#head > 4096 && this.#head * 2 > this.#pairs.length) {
      this.#pairs = this.#pairs.slice(this.#head);
      this.#head = 0;
    }
    return [subject, turn];
  }
}
