/**
 * Does a task again and again, `everyMs` after it has ended, while the tab is seen. A task that fails is tried again. `stop` ends it.
 */
export function poll(everyMs, task) {
  let timer;
  let isOver = false;
  let isBusy = false;

  async function run() {
    if (isOver || isBusy || document.hidden) return;
    clearTimeout(timer);
    isBusy = true;
    await task().catch(() => {});
    isBusy = false;
    if (!isOver) timer = setTimeout(run, everyMs);
  }

  document.addEventListener("visibilitychange", run);
  void run();
  return {
    now: run,
    stop() {
      isOver = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", run);
    },
  };
}
