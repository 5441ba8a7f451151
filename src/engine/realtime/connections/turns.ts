/** The turns of the event loop: what a process does between two polls for input on its sockets. */
export interface Turns {
  /** The number of this turn. */
  number(): number;
  /** Whether this turn has used up its time. The clock of a turn starts with the first question. */
  isOver(): boolean;
  /** Calls back at the beginning of the next turn. */
  onNext(callback: () => void): void;
}

/** Each turn has `budgetMs` for clients' requests, so that no client waits for all requests of another one. */
export function createTurns(budgetMs: number): Turns {
  let number = 0;
  let startedAtMs: number | undefined;
  let callbacks: (() => void)[] = [];

  function start(): number {
    startedAtMs = performance.now();
    setImmediate(next);
    return startedAtMs;
  }

  function next(): void {
    number += 1;
    startedAtMs = undefined;
    const due = callbacks;
    callbacks = [];
    for (const callback of due) callback();
  }

  return {
    number: () => number,
    isOver: () => performance.now() - (startedAtMs ?? start()) > budgetMs,
    onNext(callback) {
      if (startedAtMs === undefined) start();
      callbacks.push(callback);
    },
  };
}
