import { runSimulation } from "./simulation/simulation.js";
import { VARIANTS } from "./simulation/variants.js";
import { range } from "./support/bench.js";

/**
 * Seeds to try at most, the first of them that showed it when this was written, and the promise that must be seen broken.
 * The second is tried first: any other order says the same and takes longer.
 */
const CAUGHT: Readonly<
  Record<keyof typeof VARIANTS, readonly [seeds: number, likely: number, promise: RegExp]>
> = {
  "no unique {room, seq}": [5, 1, /is used twice/],
  "no idempotent _id": [5, 1, /is stored twice/],
  "readers pass gaps": [5, 1, /got \d+ .* instead of \d+/],
  "holes are never filled": [5, 1, /got nothing instead of/],
  "acknowledged before a majority has it": [20, 1, /was acknowledged at \d+ and is stored at no number/],
  "reads show what is not journaled yet": [
    20,
    5,
    /was acknowledged at \d+ and is stored at|got .* instead of/,
  ],
  "free numbers are kept after one is lost": [150, 25, /comes after its/],
  "no sweep": [20, 6, /got nothing instead of/],
  "messages are removed without a floor": [20, 3, /is used twice|instead of/],
  "readers start above missing numbers": [150, 63, /was live before .* was committed and never saw it/],
  "the counter stays where a fail-over set it": [150, 7, /comes after its/],
  "sockets join after their answer": [80, 1, /got nothing instead of/],
  "what a worker does not know is taken for beyond the end": [150, 2, /was reset \d+ times/],
  "positions beyond the end are believed": [20, 1, /ahead was reset 0 times/],
  "events of other logs are believed": [20, 1, /got \d+ \(theirs\) instead of/],
  "pages of other logs are believed": [150, 5, /got \d+ .* instead of/],
  "a replaced log is not noticed": [50, 5, /in another log/],
};

describe("a simulated room with one rule taken away", () => {
  test.each(Object.entries(CAUGHT))("is found broken: %s", async (name, [seeds, likely, promise]) => {
    const variant = VARIANTS[name as keyof typeof VARIANTS];
    let broken: readonly string[] = [];
    for (const seed of new Set([likely, ...range(1, seeds)])) {
      const { failures } = await runSimulation(seed, variant);
      broken = failures.filter((failure) => promise.test(failure));
      if (broken.length > 0) break;
    }

    expect(broken).not.toEqual([]);
  });
});
