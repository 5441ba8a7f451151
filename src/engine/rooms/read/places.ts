/** Lets a few tasks run at a time; the others wait in order. */
export interface Places {
  /** Runs the task when it is its turn. */
  run<T>(task: () => Promise<T>): Promise<T>;
  /** Lets all that wait fail without having run. */
  failWaiting(error: unknown): void;
  running(): number;
  waiting(): number;
}

/** How many wait is bounded by whoever calls. */
export function createPlaces(most: number): Places {
  const turns: { come(): void; fail(error: unknown): void }[] = [];
  let running = 0;

  return {
    async run(task) {
      if (running < most) running += 1;
      else await new Promise<void>((come, fail) => turns.push({ come, fail }));
      try {
        return await task();
      } finally {
        // The place is handed over, so that a newcomer cannot slip in between.
        const next = turns.shift();
        if (next === undefined) running -= 1;
        else next.come();
      }
    },
    failWaiting(error) {
      for (const { fail } of turns.splice(0)) fail(error);
    },
    // No getters: what has some of its own is not collected with the young objects, and these are made for every other event.
    running: () => running,
    waiting: () => turns.length,
  };
}
