import { spawn } from "node:child_process";
import { copyFileSync, existsSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { createInterface } from "node:readline";
import { inProject } from "../setup/project.mjs";

/** How long to wait for the compiler to begin with a change that it may have seen already, in milliseconds. */
const NOTICE_MS = 5000;
const BEGINS = /Starting (compilation in watch mode|incremental compilation)\.\.\.|File change detected\./;
const ENDS = /Found (\d+) errors?\./;

/**
 * The check of types of src/ beside the server: `tsc --watch`, with less right to the processor than the server has. Shows the
 * errors, and nothing when there are none.
 */
export function watchTypes() {
  const program = inProject("node_modules", "typescript", "bin", "tsc");
  const pretty = process.stdout.isTTY ? ["--pretty"] : [];
  const notes = ["--tsBuildInfoFile", ownNotes()];
  const args = [program, "--noEmit", "--watch", "--preserveWatchOutput", ...notes, ...pretty];
  const child = spawn(process.execPath, args, {
    cwd: inProject(),
    stdio: ["ignore", "pipe", "inherit"],
    detached: process.platform !== "win32", // a group of its own: the program is another process below this one
  });
  yieldToOthers(child.pid);
  let begunAt = performance.now();
  let isRunning = true;
  let isRight = true;
  let ended = false;
  const waiting = new Set();
  const settle = () => {
    for (const look of [...waiting]) look();
  };

  createInterface({ input: child.stdout }).on("line", (line) => {
    const found = ENDS.exec(line);
    if (BEGINS.test(line)) {
      begunAt = performance.now();
      isRunning = true;
    } else if (found !== null) {
      isRunning = false;
      isRight = found[1] === "0";
      settle();
    } else if (line.trim() !== "") process.stdout.write(`${line}\n`);
  });
  child.once("error", () => {});
  child.once("close", () => {
    ended = true;
    settle();
  });

  /**
   * Whether the types are right with all that was written until `changedAt` (of `performance.now()`).
   * @returns {Promise<boolean>}
   */
  function areRightSince(changedAt) {
    return new Promise((resolve) => {
      const answer = (verdict) => {
        clearTimeout(timer);
        waiting.delete(look);
        resolve(verdict);
      };
      const look = () => {
        if (ended)
          answer(true); // there is nobody to ask
        else if (!isRunning && begunAt >= changedAt) answer(isRight);
      };
      // It says nothing more when a round that was under way has seen the change already.
      const timer = setInterval(() => {
        if (!isRunning) answer(isRight);
      }, NOTICE_MS);
      waiting.add(look);
      look();
    });
  }

  function stop() {
    if (ended || child.pid === undefined) return;
    if (process.platform === "win32") child.kill();
    else process.kill(-child.pid, "SIGTERM");
  }

  return { areRightSince, stop };
}

/** Notes of its own, as those of the build tell what was compiled. They begin as a copy, so that the first look is short, too. */
function ownNotes() {
  const own = inProject("dist", ".dev-tsbuildinfo");
  const others = inProject("dist", ".tsbuildinfo");
  if (!existsSync(own) && existsSync(others)) copyFileSync(others, own);
  return own;
}

function yieldToOthers(pid) {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // it has less already, or has ended
  }
}
