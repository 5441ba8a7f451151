/** The turns of the event loop: what a process does between two polls for input on its sockets. */
export interface Turns {
  /** The number of this turn. */
  number(): number;
  /** Whether this turn has used up its time. The clock of a turn starts with the first question, which is answered with no. */
  isOver(): boolean;
  /** Calls back at the beginning of the next turn; once, however often the same callback is asked for until then. */
  onNext(callback: () => void): void;
}

/** Each turn has `budgetMs` for clients' requests, so that no client waits for all requests of another one. */
export function createTurns(budgetMs: number): Turns {
  let number = 0;
  let startedAtMs: number | undefined;
  let callbacks = new Set<() => void>();

  function start(): void {
    startedAtMs = performance.now();
    setImmediate(next);
  }

  function next(): void {
    number += 1;
    startedAtMs = undefined;
    const due = callbacks;
    callbacks = new Set();
    for (const callback of due) callback();
  }

  return {
    number: () => number,
    isOver() {
      if (startedAtMs !== undefined) return performance.now() - startedAtMs > budgetMs;
      start();
      return false;
    },
    onNext(callback) {
      if (startedAtMs === undefined) start();
      callbacks.add(callback);
    },
  };
}
