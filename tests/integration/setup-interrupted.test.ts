import { spawnProgram } from "../support/child.js";
import { startStopwatch } from "../support/machine-time.js";
import { isAlive } from "../support/process-table.js";
import { newProject } from "../support/setup-project.js";
import { eventually } from "../support/wait.js";

/** A script with one step: a program that has work done by another one, as jest and the compilers do. */
const SCRIPT = `
  import { runCommand } from "./scripts/setup/command.mjs";
  import { runScript } from "./scripts/setup/failure.mjs";
  await runScript(() => runCommand(process.execPath, ["step.mjs", ...process.argv.slice(2)]));`;
const STEP = `
  import { spawn } from "node:child_process";
  const args = ["worker.mjs", ...process.argv.slice(2)];
  spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] });
  setInterval(() => {}, 1000);`;
const WORKER = `
  if (process.argv[2] === "deaf") for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => {});
  setInterval(() => {}, 1000);
  console.log(process.pid);`;

test.each([
  ["end with it", "SIGTERM", 143, []],
  ["end with it", "SIGINT", 130, []],
  ["are killed when they do not end", "SIGTERM", 143, ["deaf"]],
] as const)("the processes that a step has started %s: %s", async (_what, signal, code, args) => {
  const cwd = await newProject({ "script.mjs": SCRIPT, "step.mjs": STEP, "worker.mjs": WORKER });
  const child = await spawnProgram(process.execPath, { args: ["script.mjs", ...args], cwd });
  const worker = Number((await child.waitForLine(({ text }) => /^\d+$/.test(text))).text);

  child.kill(signal);

  expect(await child.exited).toEqual({ code, signal: null });
  await eventually(() => expect(isAlive(worker)).toBe(false));
});

test("a second signal ends them at once, also those that do not listen", async () => {
  const cwd = await newProject({ "script.mjs": SCRIPT, "step.mjs": STEP, "worker.mjs": WORKER });
  const child = await spawnProgram(process.execPath, { args: ["script.mjs", "deaf"], cwd });
  const worker = Number((await child.waitForLine(({ text }) => /^\d+$/.test(text))).text);

  const passedMs = startStopwatch();
  child.kill("SIGINT");
  // Not beyond the one that has ended them: it would come while this ends.
  const impatience = setInterval(() => isAlive(worker) && child.kill("SIGINT"), 100);
  expect(await child.exited.finally(() => clearInterval(impatience))).toEqual({ code: 130, signal: null });

  expect(passedMs()).toBeLessThan(8000); // it would wait 10 s
  await eventually(() => expect(isAlive(worker)).toBe(false));
});
