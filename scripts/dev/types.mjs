import { fork } from "node:child_process";
import { createInterface } from "node:readline";
import { inProject } from "../setup/project.mjs";

const PROGRAM = inProject("scripts", "dev", "types-process.mjs");
/** How long to wait for the compiler to begin with a change that it does not take for one, in milliseconds. */
const NOTICE_MS = 5000;
const BEGINS = /Starting (compilation in watch mode|incremental compilation)\.\.\.|File change detected\./;
const ENDS = /Found (\d+) errors?\./;

/** The check of types of src/ beside the server, by `tsc --watch`. Shows the errors, and nothing when there are none. */
export function watchTypes() {
  const child = fork(PROGRAM, { cwd: inProject(), stdio: ["ignore", "pipe", "inherit", "ipc"] });
  let begunAt = Date.now();
  let isRunning = true;
  let isRight = true;
  let ended = false;
  const waiting = new Set();
  const settle = () => {
    for (const look of [...waiting]) look();
  };

  createInterface({ input: /** @type {import("node:stream").Readable} */ (child.stdout) }).on(
    "line",
    (line) => {
      const found = ENDS.exec(line);
      if (BEGINS.test(line)) {
        begunAt = Date.now();
        isRunning = true;
      } else if (found !== null) {
        isRunning = false;
        isRight = found[1] === "0";
        settle();
      } else if (line.trim() !== "") process.stdout.write(`${line}\n`);
    },
  );
  child.once("error", () => {});
  child.once("close", () => {
    ended = true;
    settle();
  });

  /**
   * Whether the types are right with all that was written until `writtenAt`, as a file's time of change: it may have begun with that
   * before anybody else has heard of it.
   * @returns {Promise<boolean>}
   */
  function areRightSince(writtenAt) {
    return new Promise((resolve) => {
      const answer = (verdict) => {
        clearTimeout(timer);
        waiting.delete(look);
        resolve(verdict);
      };
      const look = () => {
        if (ended)
          answer(true); // there is nobody to ask
        else if (!isRunning && begunAt >= writtenAt) answer(isRight);
      };
      const timer = setInterval(() => {
        if (!isRunning) answer(isRight);
      }, NOTICE_MS);
      waiting.add(look);
      look();
    });
  }

  function stop() {
    if (child.connected) child.disconnect(); // which ends it
  }

  return { areRightSince, stop };
}
