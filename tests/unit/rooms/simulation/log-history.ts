import type { RoomEntry } from "../../../../src/contract/types.js";

/** All that one log of a room has held. */
export interface Log {
  readonly epoch: string;
  readonly entries: RoomEntry[];
}

/** The logs that each room has had; `epochOf` tells the epoch of the one that it has now. */
export function createLogHistory(epochOf: (room: string) => string) {
  const logs = new Map<string, Log[]>();

  /** The newest log of the room, begun with all of the last one when the epoch is a new one. */
  function newest(room: string): Log {
    const all = logs.get(room) ?? [];
    logs.set(room, all);
    const epoch = epochOf(room);
    const last = all.at(-1);
    if (last?.epoch === epoch) return last;
    const next = { epoch, entries: [...(last?.entries ?? [])] };
    all.push(next);
    return next;
  }

  return {
    newest,
    /** The oldest first. */
    all(room: string): readonly Log[] {
      newest(room);
      return logs.get(room) ?? [];
    },
    /** The newest log ends at `seq`. */
    cut(room: string, seq: number): void {
      const { entries } = newest(room);
      entries.splice(0, entries.length, ...entries.filter((entry) => entry.seq <= seq));
    },
  };
}
