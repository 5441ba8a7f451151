/** Tells readers that a room of this worker has something new. */
export interface RoomChanges {
  /** To be called in the tick in which the room's cursor moves. */
  changed(room: string): void;
  /** Resolves at the next change, or once the signal is given. */
  next(room: string, signal: AbortSignal): Promise<void>;
}

export function createRoomChanges(): RoomChanges {
  const waiting = new Map<string, Set<() => void>>();

  return {
    changed(room) {
      const readers = waiting.get(room);
      waiting.delete(room);
      for (const wake of readers ?? []) wake();
    },
    next(room, signal) {
      if (signal.aborted) return Promise.resolve();
      const readers = waiting.get(room) ?? new Set();
      waiting.set(room, readers);
      return new Promise((resolve) => {
        function wake(): void {
          signal.removeEventListener("abort", wake);
          readers.delete(wake);
          if (readers.size === 0 && waiting.get(room) === readers) waiting.delete(room);
          resolve();
        }
        readers.add(wake);
        signal.addEventListener("abort", wake);
      });
    },
  };
}
