import { spawn, spawnSync } from "node:child_process";
import { constants } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { Interruption } from "./failure.mjs";
import { showProgress } from "./progress.mjs";

/** Which ask a program to end. */
export const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];
/** Signals that close to the first, in milliseconds, are its echo: npm passes on what a terminal sends to all. */
export const ECHO_MS = 250;
/** How long what a program has started may go on after it was interrupted, in milliseconds. */
const GRACE_MS = 10_000;
const LOOK_EVERY_MS = 50;

/**
 * Runs a program and resolves with `{code, output}` when it has ended. `output` is empty unless `quiet` kept it from the screen,
 * which shows instead, after 2 s, how long it takes and what `reached` says. `env` is added to this process's. A signal to this process
 * is passed on to the program and to all that it has started, and becomes a rejection once they have ended, so that callers can clean
 * up; a second one ends them at once, and with `deaf`, for what pays no heed to signals, so does the first. With `terminal` it goes to
 * the program alone, which can read the keyboard and be known to sudo.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ quiet?: boolean, cwd?: string, env?: Readonly<Record<string, string | undefined>>, terminal?: boolean, deaf?: boolean, reached?: (() => string) | undefined }} options
 */
export function runCommand(command, args, options = {}) {
  const { quiet = false, cwd, env, terminal = false, deaf = false, reached } = options;
  // The head of a group: compilers and jest leave what they have started behind when a signal ends them.
  const hasGroup = !terminal && process.platform !== "win32";
  const child = spawn(command, args, {
    stdio: quiet ? ["ignore", "pipe", "pipe"] : "inherit",
    cwd,
    env: { ...process.env, ...env },
    detached: hasGroup,
  });
  let output = "";
  const collect = (chunk) => {
    output = (output + chunk).slice(-20_000);
  };
  child.stdout?.setEncoding("utf8").on("data", collect);
  child.stderr?.setEncoding("utf8").on("data", collect);
  const endProgress = quiet ? showProgress(reached) : () => {};
  return settled(child, () => output, { hasGroup, deaf }).finally(endProgress);
}

function settled(child, output, { hasGroup, deaf }) {
  let interruption;
  let firstAt = Number.POSITIVE_INFINITY;
  const passOn = (received) => {
    const isSecond = performance.now() - firstAt > ECHO_MS;
    const signal = isSecond || deaf ? "SIGKILL" : received;
    if (interruption === undefined) firstAt = performance.now();
    interruption ??= new Interruption(constants.signals[received]);
    if (hasGroup) signalGroup(child.pid, signal);
    else child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, passOn);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    // Not "close": what it has started may hold its output open.
    child.once("exit", async () => {
      if (interruption === undefined) return;
      if (hasGroup) await groupEnded(child.pid);
      reject(interruption);
    });
    child.once("close", (code) => {
      if (interruption === undefined) resolve({ code, output: output() });
    });
  }).finally(() => {
    for (const signal of SIGNALS) process.off(signal, passOn);
  });
}

/** Resolves when nothing of the group is left; what does not end in time is killed. */
async function groupEnded(group) {
  const deadline = performance.now() + GRACE_MS;
  while (signalGroup(group, 0)) {
    if (performance.now() > deadline) return void signalGroup(group, "SIGKILL");
    await pause(LOOK_EVERY_MS);
  }
}

/** False when there is no such group. */
function signalGroup(group, signal) {
  try {
    return process.kill(-group, signal);
  } catch {
    return false;
  }
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
