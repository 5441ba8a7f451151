import { isatty } from "node:tty";

/** What the signals of a process lead to. */
export interface SignalActions {
  /** First SIGTERM or SIGINT, or the terminal is closed: end in good order. May be called again. */
  stop(signal: NodeJS.Signals): void;
  /** Second one: end at once. */
  abort(): void;
  /** SIGHUP: replace the workers, which loads new code. */
  reload(): void;
}

/** Signals that close to the first, in milliseconds, are its echo: a launcher passes on what a terminal sends to all. */
const ECHO_MS = 250;

/**
 * True for a process that a person started in a terminal: its input, output or errors are there. Under nohup, a service
 * manager or an orchestrator none of them is.
 */
export function isOnTerminal(): boolean {
  return [0, 1, 2].some((fd) => isatty(fd));
}

/**
 * Turns SIGTERM and SIGINT into a stop, any further one into an abort. SIGHUP is a reload, but a stop for a process on
 * a terminal, which sends it to all its processes when it is closed. Installed once per process.
 */
export function onSignals(actions: SignalActions, onTerminal: boolean): void {
  let firstAt: number | undefined;
  // It may come several times, and be followed by a launcher's SIGTERM, so that it does not count as the first of two.
  process.on("SIGHUP", (signal) => (onTerminal ? actions.stop(signal) : actions.reload()));
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
