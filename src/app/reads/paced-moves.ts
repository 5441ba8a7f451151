import type { ReadCursor } from "./reads.model.js";

/** Moves cursors, each at most once in a time; of what comes meanwhile only what came the furthest is moved. */
export interface PacedMoves {
  /**
   * Resolves with where the cursor stands, or rejects as its move. Of one cursor one call waits at most, that which came the furthest: the
   * others are given where the cursor stood before, so that a client that tells of everything it shows holds up nothing else.
   */
  move(user: string, cursor: ReadCursor): Promise<ReadCursor>;
  /** What waits is not moved. Resolves when nothing is under way any more. */
  forget(user: string, room: string): Promise<void>;
  /** From now on nobody waits; who does is moved at once. */
  stop(): void;
}

/** What comes while a cursor may not be moved. */
interface Waiting {
  readonly cursor: ReadCursor;
  /** The outcome for who waits. */
  settle(outcome: Promise<ReadCursor>): void;
}

/** A cursor that was moved lately. */
interface Pace {
  /** Its newest move, which may be under way. */
  moved: Promise<ReadCursor>;
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
  function begin(user: string, cursor: ReadCursor): Promise<ReadCursor> {
    const moved = move(user, cursor);
    const pace: Pace = { moved, next: undefined };
    const key = keyOf(user, cursor.room);
    paces.set(key, pace);
    void Promise.allSettled([pause(), moved]).then(() => {
      paces.delete(key);
      pace.next?.settle(begin(user, pace.next.cursor));
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
      const pace = paces.get(keyOf(user, cursor.room));
      if (pace === undefined) return begin(user, cursor);
      const { next, moved } = pace;
      if (next !== undefined && isFurther(next.cursor, cursor)) return moved;
      next?.settle(moved);
      return new Promise((settle) => {
        pace.next = { cursor, settle };
      });
    },
    async forget(user, room) {
      const pace = paces.get(keyOf(user, room));
      if (pace === undefined) return;
      pace.next?.settle(pace.moved);
      pace.next = undefined;
      await pace.moved.catch(() => {}); // told to who has asked for it
    },
    stop() {
      stopped = true;
      for (const end of [...pauses]) end();
    },
  };
}

function keyOf(user: string, room: string): string {
  return `${user}/${room}`;
}

/** Of two logs the one that was asked for last is the room's. */
function isFurther(one: ReadCursor, other: ReadCursor): boolean {
  return one.epoch === other.epoch && one.read > other.read;
}
