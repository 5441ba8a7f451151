import { createEventLoopLag } from "../../../src/engine/metrics/event-loop-lag.js";
import { onTestEnd } from "../../support/cleanup.js";
import { eventually } from "../../support/wait.js";

function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test("the lag is high after the loop was blocked, and falls again", async () => {
  const lag = createEventLoopLag();
  onTestEnd(lag.stop);
  expect(lag.meanMs()).toBe(0);
  await lag.start();
  await eventually(
    () => {
      block(400);
      expect(lag.meanMs()).toBeGreaterThan(100);
    },
    { withinMs: 5000 },
  );

  await eventually(() => expect(lag.meanMs()).toBeLessThan(100), { withinMs: 4000 });
});

test("before its start and after its stop nothing is measured, and both may be repeated", async () => {
  const lag = createEventLoopLag();
  await lag.start();
  await lag.stop();
  await lag.stop();

  expect(lag.meanMs()).toBe(0);
});
