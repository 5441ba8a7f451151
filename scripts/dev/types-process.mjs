// Runs `tsc --watch` over src/ and ends it when the process that has started this one has ended, however that came.
import { spawn } from "node:child_process";
import { copyFileSync, existsSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { inProject } from "../setup/project.mjs";

const isWindows = process.platform === "win32";

/** Notes of its own, as those of the build tell what was compiled. They begin as a copy, so that the first look is short, too. */
function ownNotes() {
  const own = inProject("dist", ".dev-tsbuildinfo");
  const others = inProject("dist", ".tsbuildinfo");
  if (existsSync(others)) copyFileSync(others, own);
  return own;
}

/** The server has the first right to the processor. */
function yieldToOthers(pid) {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // it has less already, or has ended
  }
}

const program = inProject("node_modules", "typescript", "bin", "tsc");
const pretty = process.env.FORCE_COLOR || process.stderr.isTTY ? ["--pretty"] : [];
const args = [
  program,
  "--noEmit",
  "--watch",
  "--preserveWatchOutput",
  "--tsBuildInfoFile",
  ownNotes(),
  ...pretty,
];
const tsc = spawn(process.execPath, args, {
  stdio: ["ignore", "inherit", "inherit"],
  detached: !isWindows, // a group of its own: the program may be another process below this one
});
yieldToOthers(tsc.pid);
tsc.once("exit", () => process.exit());
tsc.once("error", () => process.exit(1));

process.on("disconnect", () => {
  if (isWindows) tsc.kill();
  else if (tsc.pid !== undefined) process.kill(-tsc.pid, "SIGKILL"); // it writes nothing but its notes
});
// They are for the one that has started this one.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
