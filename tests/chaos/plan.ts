import { type Fault, mayOverlap } from "./fault.js";
import { CLIENT_FAULTS } from "./faults/client-faults.js";
import { MONGO_FAULTS } from "./faults/mongo-faults.js";
import { PROCESS_FAULTS } from "./faults/process-faults.js";
import { REDIS_FAULTS } from "./faults/redis-faults.js";
import { SCENARIOS } from "./faults/scenarios.js";
import type { Prng } from "./prng.js";

/** Every fault there is. */
export const ALL_FAULTS: readonly Fault[] = [
  ...PROCESS_FAULTS,
  ...REDIS_FAULTS,
  ...MONGO_FAULTS,
  ...CLIENT_FAULTS,
  ...SCENARIOS,
];

/** The faults whose name contains one of the words; all without words. @throws {RangeError} for a word that fits none. */
export function faultsNamed(words: readonly string[]): readonly Fault[] {
  const unknown = words.find((word) => !ALL_FAULTS.some(({ name }) => name.includes(word)));
  if (unknown !== undefined) throw new RangeError(`no fault is called "${unknown}"`);
  return ALL_FAULTS.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
}

/** Part of the steps in which a second fault runs at the same time. */
const OVERLAP = 0.3;

/**
 * Rounds in random order: each of the faults once a round, some together with another one. The order depends on the
 * source of chance alone.
 */
export function createRounds(faults: readonly Fault[], rng: Prng): () => readonly Fault[] {
  let left: Fault[] = [];
  return () => {
    if (left.length === 0) left = shuffled(faults, rng);
    const [first] = left.splice(0, 1);
    if (first === undefined) return [];
    const others = faults.filter((fault) => mayOverlap(first, fault));
    return others.length > 0 && rng.chance(OVERLAP) ? [first, rng.pick(others)] : [first];
  };
}

function shuffled<T>(list: readonly T[], rng: Prng): T[] {
  return list
    .map((item) => ({ item, key: rng.next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
