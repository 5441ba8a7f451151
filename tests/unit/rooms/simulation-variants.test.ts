import { runSimulation } from "./simulation/simulation.js";
import { VARIANTS } from "./simulation/variants.js";

/** Seeds to try at most, and the promise that must be seen broken. */
const CAUGHT: Readonly<Record<keyof typeof VARIANTS, readonly [seeds: number, promise: RegExp]>> = {
  "no unique {room, seq}": [5, /is used twice/],
  "no idempotent _id": [5, /is stored twice/],
  "readers pass gaps": [5, /got \d+ .* instead of \d+/],
  "holes are never filled": [5, /got nothing instead of/],
  "acknowledged before a majority has it": [20, /was acknowledged at \d+ and is stored at no number/],
  "reads show what is not journaled yet": [20, /was acknowledged at \d+ and is stored at|got .* instead of/],
  "free numbers are kept after one is lost": [150, /comes after its/],
  "no sweep": [20, /got nothing instead of/],
  "messages are removed without a floor": [20, /is used twice|instead of/],
  "readers start above missing numbers": [150, /was live before .* was committed and never saw it/],
  "the counter stays where a fail-over set it": [150, /comes after its/],
  "sockets join after their answer": [80, /got nothing instead of/],
  "what a worker does not know is taken for beyond the end": [150, /was reset \d+ times/],
  "positions beyond the end are believed": [20, /ahead was reset 0 times/],
  "events of other logs are believed": [20, /got \d+ \(theirs\) instead of/],
  "pages of other logs are believed": [150, /got \d+ .* instead of/],
  "a replaced log is not noticed": [50, /in another log/],
};

describe("a simulated room with one rule taken away", () => {
  test.each(Object.entries(CAUGHT))("is found broken: %s", async (name, [seeds, promise]) => {
    const variant = VARIANTS[name as keyof typeof VARIANTS];
    let broken: readonly string[] = [];
    for (let seed = 1; seed <= seeds && broken.length === 0; seed += 1) {
      const { failures } = await runSimulation(seed, variant);
      broken = failures.filter((failure) => promise.test(failure));
    }

    expect(broken).not.toEqual([]);
  });
});
