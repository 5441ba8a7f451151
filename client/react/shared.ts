export type Update<State> = (change: (state: State) => State) => void;
/** What components read and listen to. */
export type Shared<State> = {
  get(): State;
  /** For what is rendered on a server. */
  getInitial(): State;
  subscribe(listener: () => void): () => void;
};

/**
 * Something that is there as long as somebody uses it, and one for all who do: it begins with the first subscription and ends after the last.
 * What changes in one turn is told once.
 */
export function createShared<State>(
  initial: State,
  begin: (update: Update<State>) => () => void,
): Shared<State> {
  const listeners = new Set<() => void>();
  let state = initial;
  let end: (() => void) | undefined;
  let leaving: ReturnType<typeof setTimeout> | undefined;
  let isToTell = false;

  function tell(): void {
    isToTell = false;
    for (const listener of [...listeners]) listener();
  }

  function start(): () => void {
    let isOver = false;
    const stop = begin((change) => {
      const next = isOver ? state : change(state);
      if (next === state) return;
      state = next;
      if (!isToTell) queueMicrotask(tell);
      isToTell = true;
    });
    return () => {
      isOver = true;
      stop();
      state = initial;
    };
  }

  /** Who leaves and comes back at once, as components do in StrictMode or when one takes another's place, has not left. */
  function leave(): void {
    if (listeners.size > 0) return;
    end?.();
    end = undefined;
  }

  return {
    get: () => state,
    getInitial: () => initial,
    subscribe(call) {
      const listener = () => call();
      clearTimeout(leaving);
      listeners.add(listener);
      end ??= start();
      return () => {
        listeners.delete(listener);
        clearTimeout(leaving);
        if (listeners.size === 0) leaving = setTimeout(leave);
      };
    },
  };
}
