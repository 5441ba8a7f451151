import { fork } from "node:child_process";
import { inProject } from "../setup/project.mjs";

const PROGRAM = inProject("scripts", "dev", "types-process.mjs");
/** What tsc ends with when it has found errors. */
const FOUND_ERRORS = [1, 2];
/** @typedef {{ areRight: boolean, output: string }} Verdict */

/** Checks the types of src/ beside the server, one run of tsc after the other. */
export function createTypeCheck() {
  let child;
  /** Number of the present run: an answer may be on its way when the next one begins. */
  let present = 0;
  /** Takes the verdict of the present run. */
  let answer = (_verdict) => {};

  function launch() {
    const launched = fork(PROGRAM, { cwd: inProject(), stdio: ["ignore", "inherit", "inherit", "ipc"] });
    launched.on("message", (/** @type {any} */ { number, code, output }) => {
      if (number === present) answer(verdictOf(code, output));
    });
    launched.on("error", () => {}); // its end tells
    launched.once("exit", () => {
      if (child !== launched) return;
      child = undefined;
      answer({ areRight: true, output: "the types could not be checked\n" });
    });
    return launched;
  }

  /**
   * Checks the sources as they are now; one that is running ends.
   * @returns {Promise<Verdict | undefined>} undefined when it was ended
   */
  function check() {
    answer(undefined);
    child ??= launch();
    present += 1;
    child.send({ check: present }, () => {});
    return new Promise((resolve) => {
      answer = resolve;
    });
  }

  /** Ends a check that is running. */
  function end() {
    answer(undefined);
    child?.send({ check: undefined }, () => {});
  }

  function stop() {
    answer(undefined);
    const ended = child;
    child = undefined;
    if (ended?.connected) ended.disconnect(); // which ends it
  }

  return { check, end, stop };
}

/** A compiler that has ended in another way is nobody to ask. */
function verdictOf(code, output) {
  if (code === 0 || FOUND_ERRORS.includes(code)) return { areRight: code === 0, output };
  return { areRight: true, output: `${output}the types could not be checked: tsc has ended with ${code}\n` };
}
