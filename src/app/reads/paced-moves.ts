import type { ReadCursor } from "./reads.model.js";

/** Moves cursors, each at most once in a time; what comes meanwhile is one move, of what came the furthest. */
export interface PacedMoves {
  /** Resolves, or rejects, with the move of which it was a part: with where the cursor stands then. */
  move(user: string, cursor: ReadCursor): Promise<ReadCursor>;
  /** From now on nobody waits; who does is moved at once. */
  stop(): void;
}

/** What comes while a cursor may not be moved. */
interface Waiting {
  cursor: ReadCursor;
  readonly done: Promise<ReadCursor>;
  begin(): void;
}

/** A cursor that was moved lately. */
interface Pace {
  next: Waiting | undefined;
}

/**
 * `everyMs`: time from the beginning of one move to that of the next one of the same cursor, which also waits for the end of the first. Who
 * has nothing to wait for is moved at once.
 */
export function createPacedMoves(
  everyMs: number,
  move: (user: string, cursor: ReadCursor) => Promise<ReadCursor>,
): PacedMoves {
  const paces = new Map<string, Pace>();
  /** Ends of pauses that last. */
  const pauses = new Set<() => void>();
  let stopped = false;

  /** Until its time is over, whatever comes for this cursor waits. */
  function run(user: string, cursor: ReadCursor, pace: Pace): Promise<ReadCursor> {
    const moved = move(user, cursor);
    void Promise.allSettled([pause(), moved]).then(() => {
      const { next } = pace;
      pace.next = undefined;
      if (next === undefined) paces.delete(keyOf(user, cursor.room));
      else next.begin();
    });
    return moved;
  }

  function pause(): Promise<void> {
    if (stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        pauses.delete(end);
        resolve();
      };
      const timer = setTimeout(end, everyMs);
      pauses.add(end);
    });
  }

  return {
    move(user, cursor) {
      const key = keyOf(user, cursor.room);
      const pace = paces.get(key);
      if (pace === undefined) {
        const fresh: Pace = { next: undefined };
        paces.set(key, fresh);
        return run(user, cursor, fresh);
      }
      if (pace.next === undefined) {
        const waiting: Waiting = { cursor, ...inTurn(() => run(user, waiting.cursor, pace)) };
        pace.next = waiting;
      } else pace.next.cursor = further(pace.next.cursor, cursor);
      return pace.next.done;
    },
    stop() {
      stopped = true;
      for (const end of [...pauses]) end();
    },
  };
}

/** A task that runs once it is told to. */
function inTurn<Result>(task: () => Promise<Result>): { done: Promise<Result>; begin(): void } {
  let begin = (): void => {};
  const told = new Promise<void>((resolve) => {
    begin = resolve;
  });
  return { done: told.then(task), begin };
}

function keyOf(user: string, room: string): string {
  return `${user}/${room}`;
}

/** Of two logs the one that is asked for last is the room's. */
function further(one: ReadCursor, other: ReadCursor): ReadCursor {
  return one.epoch === other.epoch && one.read > other.read ? one : other;
}
