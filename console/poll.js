/** A task that fails is tried again sooner, in milliseconds: another worker may answer. */
const RETRY_MS = 1000;

/** Does a task again and again, `everyMs` after it has ended, while the tab is seen. `stop` ends it. */
export function poll(everyMs, task) {
  let timer;
  let isOver = false;
  let isBusy = false;

  async function run() {
    if (isOver || isBusy || document.hidden) return;
    clearTimeout(timer);
    isBusy = true;
    const isDone = await task().then(
      () => true,
      () => false,
    );
    isBusy = false;
    if (!isOver) timer = setTimeout(run, isDone ? everyMs : RETRY_MS);
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
