import { spawn, spawnSync } from "node:child_process";
import { constants } from "node:os";
import { Interruption } from "./failure.mjs";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Runs a program and resolves with `{code, output}` when it has ended; `output` is empty unless `quiet`
 * kept it from the screen; `env` is added to this process's. A signal to this
 * process is passed on, and becomes a rejection once the program has ended, so that callers can clean up.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ quiet?: boolean, cwd?: string, env?: Readonly<Record<string, string | undefined>> }} options
 */
export function runCommand(command, args, { quiet = false, cwd, env } = {}) {
  const child = spawn(command, args, {
    stdio: quiet ? ["ignore", "pipe", "pipe"] : "inherit",
    cwd,
    env: { ...process.env, ...env },
  });
  let output = "";
  const collect = (chunk) => {
    output = (output + chunk).slice(-20_000);
  };
  child.stdout?.setEncoding("utf8").on("data", collect);
  child.stderr?.setEncoding("utf8").on("data", collect);
  return settled(child, () => output);
}

function settled(child, output) {
  let interruption;
  const passOn = (signal) => {
    interruption ??= new Interruption(constants.signals[signal]);
    child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, passOn);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (interruption === undefined) resolve({ code, output: output() });
      else reject(interruption);
    });
  }).finally(() => {
    for (const signal of SIGNALS) process.off(signal, passOn);
  });
}

/**
 * What a quick program prints, or undefined when it is missing or fails.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string }} options
 */
export function outputOf(command, args = [], { cwd } = {}) {
  const { error, status, stdout } = spawnSync(command, args, { encoding: "utf8", cwd });
  return error === undefined && status === 0 ? stdout : undefined;
}
