/** What the signals of a process lead to. */
export interface SignalActions {
  /** First SIGTERM or SIGINT: end in good order. */
  stop(signal: NodeJS.Signals): void;
  /** Second one: end now. */
  abort(): void;
  /** SIGHUP: take on new code. */
  reload(): void;
}

/** Signals that close to the first, in milliseconds, are its echo: a launcher passes on what a terminal sends to all. */
const ECHO_MS = 250;

/** Turns SIGTERM and SIGINT into a stop, any further one into an abort, SIGHUP into a reload. Installed once per process. */
export function onSignals(actions: SignalActions): void {
  let firstAt: number | undefined;
  process.on("SIGHUP", actions.reload);
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (firstAt === undefined) {
        firstAt = performance.now();
        actions.stop(signal);
      } else if (performance.now() - firstAt > ECHO_MS) {
        actions.abort();
      }
    });
  }
}
