import type { FuzzCase, Kind } from "./case.js";

/** What is said about one case. */
export interface Verdict {
  /** One more of these. */
  count(outcome: string): void;
  /** What must not happen. */
  complain(what: string): void;
}

/** What came of all cases so far. */
export interface Tally {
  cases(): number;
  /** Cases that have begun, those that are under way included. */
  begun(): number;
  inputs(): number;
  /** Frames, packets and requests, by kind. */
  readonly inputsOf: ReadonlyMap<Kind, number>;
  /** Cases by proof. */
  readonly casesOf: ReadonlyMap<string, number>;
  /** Answers by status, code, and how connections ended. */
  readonly outcomes: ReadonlyMap<string, number>;
  readonly violations: readonly string[];
  begin(): void;
  verdictOn(one: FuzzCase): Verdict;
  /** The case is over. */
  done(one: FuzzCase): void;
  /** Something that no case is known to have caused. */
  complain(what: string): void;
}

/** More would only say the same. */
const MOST_VIOLATIONS = 50;

export function createTally(seed: string): Tally {
  const inputsOf = new Map<Kind, number>();
  const casesOf = new Map<string, number>();
  const outcomes = new Map<string, number>();
  const violations: string[] = [];
  let cases = 0;
  let begun = 0;
  let inputs = 0;

  function complain(what: string): void {
    if (violations.length < MOST_VIOLATIONS) violations.push(what);
  }

  return {
    ...{ inputsOf, casesOf, outcomes, violations, complain },
    cases: () => cases,
    begun: () => begun,
    begin() {
      begun += 1;
    },
    inputs: () => inputs,
    verdictOn: ({ number, kind }) => ({
      count: (outcome) => void outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1),
      complain: (what) => complain(`${kind}, --seed ${seed} --case ${number}: ${what}`),
    }),
    done(one) {
      cases += 1;
      inputs += one.inputs;
      inputsOf.set(one.kind, (inputsOf.get(one.kind) ?? 0) + one.inputs);
      casesOf.set(one.proof, (casesOf.get(one.proof) ?? 0) + 1);
    },
  };
}
