// Checks the types of src/ each time it gets a number, as they are then, and answers with it, tsc's exit code and what it says. What is running
// is ended by the next message, and when the process that has started this one has ended, however that came.
import { spawn } from "node:child_process";
import { copyFileSync, existsSync } from "node:fs";
import { compilerEnvironment } from "../setup/compiler-environment.mjs";
import { inProject } from "../setup/project.mjs";

const isWindows = process.platform === "win32";
/** Notes of its own, as those of the build tell what was compiled. They begin as a copy, so that the first look is short, too. */
const NOTES = inProject("dist", ".dev-tsbuildinfo");
const PROGRAM = inProject("node_modules", "typescript", "bin", "tsc");
const pretty = process.env.FORCE_COLOR || process.stderr.isTTY ? ["--pretty"] : [];
const ARGS = [PROGRAM, "--noEmit", "--incremental", "--tsBuildInfoFile", NOTES, ...pretty];

/** The present run of the compiler. */
let running;

function check(number) {
  end();
  const tsc = spawn(process.execPath, ARGS, {
    cwd: inProject(),
    env: { ...process.env, ...compilerEnvironment() },
    stdio: ["ignore", "pipe", "pipe"],
    detached: !isWindows, // a group of its own: the program may be another process below this one
  });
  running = tsc;
  let output = "";
  for (const stream of [tsc.stdout, tsc.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk) => {
      output += chunk;
    });
  }
  const answer = (code, text) => {
    if (running !== tsc) return;
    running = undefined;
    process.send?.({ number, code, output: text });
  };
  tsc.once("error", (error) => answer(null, `${error.message}\n`));
  tsc.once("close", (code) => answer(code, output));
}

function end() {
  const tsc = running;
  running = undefined;
  if (tsc?.pid === undefined) return;
  try {
    if (isWindows) tsc.kill();
    else process.kill(-tsc.pid, "SIGKILL"); // it writes nothing but its notes
  } catch {
    // it has ended already
  }
}

if (existsSync(inProject("dist", ".tsbuildinfo"))) copyFileSync(inProject("dist", ".tsbuildinfo"), NOTES);
process.on("message", (/** @type {any} */ { check: number }) =>
  number === undefined ? end() : check(number),
);
process.on("disconnect", () => {
  end();
  process.exit();
});
// They are for the one that has started this one.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
