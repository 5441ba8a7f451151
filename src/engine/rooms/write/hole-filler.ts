import type { RoomEntry, Tombstone } from "../../../contract/types.js";
import type { Clock } from "../ports.js";
import type { LogName, RoomStore } from "../room-store.js";

/** Told about committed entries, more than once if need be: hands them to this worker's readers and to the bus. */
export type OnStored = (log: LogName, entries: readonly RoomEntry[]) => void;

export interface HoleFiller {
  /**
   * Declares numbers unused. For each number either the tombstone or the message that was faster is now stored;
   * which of them, a read tells. Does nothing once the room has another log. Rejects when the store does.
   */
  fill(log: LogName, seqs: readonly number[]): Promise<void>;
}

/** Filling is CORFU's answer to a writer that took a number and went away: the unique slot lets one side win. */
export function createHoleFiller(deps: {
  readonly store: Pick<RoomStore, "insert" | "heads">;
  readonly clock: Clock;
  readonly onStored: OnStored;
}): HoleFiller {
  return {
    async fill(log, seqs) {
      if (seqs.length === 0) return;
      const { room, epoch } = log;
      if ((await deps.store.heads([room])).get(room)?.epoch !== epoch) return;
      const at = deps.clock.date();
      const tombstones = seqs.map((seq): Tombstone => ({ room, seq, at, void: true }));
      // Telling the others spares each of them its own attempt.
      if ((await deps.store.insert(tombstones, { ordered: false })) === "stored") {
        deps.onStored(log, tombstones);
      }
    },
  };
}
