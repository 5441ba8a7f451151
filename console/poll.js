/** A task that nobody has answered is tried again sooner, in milliseconds: another worker may answer. */
const RETRY_MS = 1000;
/** No answer came, or nobody was there who could give one. What is refused is refused a second later as well. */
const UNANSWERED = [0, 503];

/** Does a task again and again, `everyMs` after it has ended, while the tab is seen. `stop` ends it. */
export function poll(everyMs, task) {
  let timer;
  let isOver = false;
  let isBusy = false;

  async function run() {
    if (isOver || isBusy || document.hidden) return;
    clearTimeout(timer);
    isBusy = true;
    const status = await task().then(
      () => 200,
      (error) => error.status,
    );
    isBusy = false;
    if (!isOver) timer = setTimeout(run, UNANSWERED.includes(status) ? RETRY_MS : everyMs);
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
