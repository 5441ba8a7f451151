import { createRounds, faultsNamed } from "./plan.js";
import { createPrng } from "./prng.js";
import { startChaos } from "./runner.js";

const STEPS = 4;

test("three instances keep every promise under faults in random order, while tokens are renewed", async () => {
  const seed = "mixed";
  const rounds = createRounds(faultsNamed([]), createPrng(seed).fork("rounds"));

  const run = await startChaos({
    seed,
    instances: 3,
    workers: 2,
    clients: 20,
    rooms: 3,
    rate: 100,
    brief: true,
    auth: true,
    convergeMs: 15_000,
    plan: (step) => (step < STEPS ? rounds() : undefined),
  });
  await run.done;

  expect(run.world.ledger.violations).toEqual([]);
  expect(run.steps).toHaveLength(STEPS);
});
