import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRunDelay } from "../../src/engine/process/run-delay.js";
import { onTestEnd } from "../support/cleanup.js";
import { eventually } from "../support/wait.js";

/** Two that never rest, on one processor. */
const BUSY = ["-c", "0", process.execPath, "-e", "console.log(1); for (;;);"];

test("a process that shares its processor with another busy one waits for it, and what it has waited counts after its end", async () => {
  const busy = [0, 1].map(() => spawn("taskset", BUSY, { stdio: ["ignore", "pipe", "ignore"] }));
  onTestEnd(() => {
    for (const child of busy) child.kill("SIGKILL");
  });
  await Promise.all(busy.map((child) => once(child.stdout as NodeJS.ReadableStream, "data")));
  const runDelayMs = createRunDelay(busy[0]?.pid ?? 0);
  const before = runDelayMs();

  await eventually(() => expect(runDelayMs() - before).toBeGreaterThan(50));
  const last = runDelayMs();
  for (const child of busy) child.kill("SIGKILL");
  await Promise.all(busy.map((child) => once(child, "exit")));
  expect(runDelayMs()).toBeGreaterThanOrEqual(last);
});

test("a process that is not there has waited for nothing", () => {
  expect(createRunDelay(0)()).toBe(0);
});
