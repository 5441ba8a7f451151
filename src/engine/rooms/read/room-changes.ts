/** Tells readers that a room of this worker has something new. */
export interface RoomChanges {
  /** To be called in the tick in which the room's cursor moves. */
  changed(room: string): void;
  /** Resolves at the next change, or once the signal is given. */
  next(room: string, signal: AbortSignal): Promise<void>;
}

/** Readers that are woken in one turn: some 3 ms of work. */
const AT_ONCE = 32;

export function createRoomChanges(): RoomChanges {
  const waiting = new Map<string, Set<() => void>>();

  /** Each has work to do then: some in a turn of the event loop, so that everybody else gets on. */
  function wake(readers: readonly (() => void)[]): void {
    for (const one of readers.slice(0, AT_ONCE)) one();
    if (readers.length > AT_ONCE) setImmediate(wake, readers.slice(AT_ONCE));
  }

  return {
    changed(room) {
      const readers = waiting.get(room);
      waiting.delete(room);
      if (readers !== undefined) wake([...readers]);
    },
    next(room, signal) {
      if (signal.aborted) return Promise.resolve();
      const readers = waiting.get(room) ?? new Set();
      waiting.set(room, readers);
      return new Promise((resolve) => {
        function done(): void {
          signal.removeEventListener("abort", done);
          readers.delete(done);
          if (readers.size === 0 && waiting.get(room) === readers) waiting.delete(room);
          resolve();
        }
        readers.add(done);
        signal.addEventListener("abort", done);
      });
    },
  };
}
