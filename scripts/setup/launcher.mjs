const LOOK_EVERY_MS = 500;

/**
 * Ends this process as SIGTERM does when the shell between npm and this script has gone: npm passes SIGTERM
 * on to that shell alone, which would leave the server behind. Does nothing when npm did not run this.
 */
export function endWithLauncher() {
  if (process.env.npm_lifecycle_event === undefined || process.platform === "win32") return;
  const launcher = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === launcher) return;
    clearInterval(timer);
    process.kill(process.pid, "SIGTERM");
  }, LOOK_EVERY_MS);
  timer.unref();
}
