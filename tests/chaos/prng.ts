/** A source of chance that gives the same values for the same seed. Not for secrets. */
export interface Prng {
  /** Uniform in [0, 1). */
  next(): number;
  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number;
  /** @throws when the list is empty. */
  pick<T>(list: readonly T[]): T;
  chance(probability: number): boolean;
  /** A source of its own, the same for the same label: what draws from it does not shift the values of others. */
  fork(label: string): Prng;
}

/** mulberry32 (public domain, Tommy Ettinger), seeded by a text. */
export function createPrng(seed: string): Prng {
  let state = hash(seed);

  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  const int = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  return {
    next,
    int,
    pick(list) {
      const index = int(0, list.length - 1);
      if (index >= list.length || list.length === 0) throw new RangeError("nothing to pick from");
      return list[index] as (typeof list)[number];
    },
    chance: (probability) => next() < probability,
    fork: (label) => createPrng(`${seed}/${label}`),
  };
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value;
}
