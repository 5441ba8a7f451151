/** What the signals of a process lead to. */
export interface SignalActions {
  /** First SIGTERM or SIGINT: end in good order. */
  stop(signal: NodeJS.Signals): void;
  /** Second one: end now. */
  abort(): void;
}

/** Turns SIGTERM and SIGINT into a stop, and any further one into an abort. Installed once per process. */
export function onSignals(actions: SignalActions): void {
  let seen = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (seen) actions.abort();
      else actions.stop(signal);
      seen = true;
    });
  }
}
