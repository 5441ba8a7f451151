const FIRST_ROOM = 1024;

/**
 * What is due: the earliest first, and of what is due at the same time that which was added first. In typed arrays, as there are millions:
 * 21 bytes each.
 */
export class EventHeap {
  size = 0;
  #added = 0;
  #times = new Float64Array(FIRST_ROOM);
  #order = new Float64Array(FIRST_ROOM);
  #kinds = new Uint8Array(FIRST_ROOM);
  #subjects = new Uint32Array(FIRST_ROOM);

  /** When the first one is due; infinity when there is none. */
  get firstMs(): number {
    return this.size === 0 ? Number.POSITIVE_INFINITY : (this.#times[0] as number);
  }

  get firstKind(): number {
    return this.#kinds[0] as number;
  }

  get firstSubject(): number {
    return this.#subjects[0] as number;
  }

  push(timeMs: number, kind: number, subject: number): void {
    if (this.size === this.#times.length) this.#grow();
    const order = this.#added;
    this.#added += 1;
    let place = this.size;
    this.size += 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#isBefore(timeMs, order, parent)) break;
      this.#move(parent, place);
      place = parent;
    }
    this.#set(place, timeMs, order, kind, subject);
  }

  /** Takes the first one away. */
  pop(): void {
    this.size -= 1;
    const last = this.size;
    const timeMs = this.#times[last] as number;
    const order = this.#order[last] as number;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= last) break;
      const other = child + 1;
      if (other < last && this.#isBefore(this.#times[other] as number, this.#order[other] as number, child))
        child = other;
      if (this.#isBefore(timeMs, order, child)) break;
      this.#move(child, place);
      place = child;
    }
    this.#set(place, timeMs, order, this.#kinds[last] as number, this.#subjects[last] as number);
  }

  #isBefore(timeMs: number, order: number, place: number): boolean {
    const other = this.#times[place] as number;
    return timeMs < other || (timeMs === other && order < (this.#order[place] as number));
  }

  #move(from: number, to: number): void {
    this.#set(
      to,
      this.#times[from] as number,
      this.#order[from] as number,
      this.#kinds[from] as number,
      this.#subjects[from] as number,
    );
  }

  #set(place: number, timeMs: number, order: number, kind: number, subject: number): void {
    this.#times[place] = timeMs;
    this.#order[place] = order;
    this.#kinds[place] = kind;
    this.#subjects[place] = subject;
  }

  #grow(): void {
    const room = 2 * this.#times.length;
    this.#times = enlarged(this.#times, new Float64Array(room));
    this.#order = enlarged(this.#order, new Float64Array(room));
    this.#kinds = enlarged(this.#kinds, new Uint8Array(room));
    this.#subjects = enlarged(this.#subjects, new Uint32Array(room));
  }
}

function enlarged<List extends { set(from: List): void }>(from: List, to: List): List {
  to.set(from);
  return to;
}
