import { spawn } from "node:child_process";
import { once } from "node:events";
import { runDelayMs } from "../../src/engine/process/run-delay.js";
import { onTestEnd } from "../support/cleanup.js";
import { eventually } from "../support/wait.js";

/** Two that never rest, on one processor. */
const BUSY = ["-c", "0", process.execPath, "-e", "console.log(1); for (;;);"];

test("a process that shares its processor with another busy one waits for it, and one that is not there has not waited", async () => {
  const busy = [0, 1].map(() => spawn("taskset", BUSY, { stdio: ["ignore", "pipe", "ignore"] }));
  onTestEnd(() => {
    for (const child of busy) child.kill("SIGKILL");
  });
  await Promise.all(busy.map((child) => once(child.stdout as NodeJS.ReadableStream, "data")));
  const [first] = busy;
  const before = runDelayMs(first?.pid ?? 0);

  await eventually(() => expect(runDelayMs(first?.pid ?? 0) - before).toBeGreaterThan(50));
  for (const child of busy) child.kill("SIGKILL");
  await Promise.all(busy.map((child) => once(child, "exit")));
  expect(runDelayMs(first?.pid ?? 0)).toBe(0);
});
