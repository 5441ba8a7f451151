import { readIfThere } from "./project.mjs";

const LOOK_EVERY_MS = 500;

/**
 * Ends this process as SIGTERM does when the shell between npm and this script has gone, or npm above it: npm passes SIGTERM
 * on to that shell alone, and when it is killed the shell waits on. Either would leave the server behind. Does nothing when npm did not run
 * this; npm itself is seen on Linux only.
 */
export function endWithLauncher() {
  if (process.env.npm_lifecycle_event === undefined || process.platform === "win32") return;
  const shell = process.ppid;
  const npm = parentOf(shell);
  const timer = setInterval(() => {
    if (process.ppid === shell && parentOf(shell) === npm) return;
    clearInterval(timer);
    process.kill(process.pid, "SIGTERM");
  }, LOOK_EVERY_MS);
  timer.unref();
}

/** Id of the parent of a process, by /proc (man 5 proc_pid_status); undefined where there is none. */
function parentOf(pid) {
  return /^PPid:\s*(\d+)$/m.exec(readIfThere(`/proc/${pid}/status`) ?? "")?.[1];
}
