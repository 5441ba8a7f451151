import type { Outage } from "../membership/outage.js";
import type { Clock } from "../rooms/ports.js";
import type { PresenceLimits } from "./limits.js";
import type { LocalMembers } from "./local-members.js";
import type { PresenceBus, PresenceStore } from "./presence-store.js";

export interface WriterDeps {
  readonly store: Pick<PresenceStore, "write">;
  readonly bus: Pick<PresenceBus, "tellRooms">;
  readonly clock: Pick<Clock, "later">;
  readonly outage: Outage;
  readonly members: LocalMembers;
  /** The id to write under; nothing is written while there is none. */
  readonly nodeId: () => string | undefined;
  /** Rooms whose local users have changed, whether or not that can be written. */
  readonly onChanged: (rooms: readonly string[]) => void;
}

/** Keeps the store's entries of this worker equal to its members. */
export interface Writer {
  /** The room's users have changed. */
  touch(room: string): void;
  /** Nothing is written yet under the current id. */
  restart(): void;
  stop(): void;
}

/**
 * Gathers changes for `flushMs`, then writes them, one batch at a time: a room that changes without end costs a write
 * per `flushMs`. What fails is tried again, the same rooms first, so that an outage does not pile up unknown outcomes.
 */
export function createWriter(
  deps: WriterDeps,
  limits: Pick<PresenceLimits, "flushMs" | "retryMs" | "batchRooms">,
): Writer {
  const { store, bus, clock, outage, members, nodeId, onChanged } = deps;
  let changed = new Set<string>();
  let unwritten = new Set<string>();
  /** Rooms that may have an entry under the current id. */
  const written = new Set<string>();
  let cancelFlush: (() => void) | undefined;
  let cancelRetry: (() => void) | undefined;
  let writing = false;
  let stopped = false;

  function flush(): void {
    cancelFlush = undefined;
    const rooms = [...changed];
    changed = new Set();
    for (const room of rooms) {
      // One that came and went without being written is nothing to write, and an outage may be long.
      if (written.has(room) || members.of(room).count > 0) unwritten.add(room);
      else unwritten.delete(room);
    }
    onChanged(rooms);
    if (cancelRetry === undefined) void writeAll();
  }

  function nextBatch(): string[] {
    const batch = [...unwritten].slice(0, limits.batchRooms);
    for (const room of batch) unwritten.delete(room);
    return batch;
  }

  async function writeAll(): Promise<void> {
    if (writing) return;
    writing = true;
    cancelRetry?.();
    cancelRetry = undefined;
    for (let node = nodeId(); node !== undefined && !stopped; node = nodeId()) {
      const batch = nextBatch();
      if (batch.length === 0 || !(await write(node, batch))) break;
    }
    writing = false;
  }

  async function write(node: string, batch: readonly string[]): Promise<boolean> {
    const entries = new Map(batch.map((room) => [room, members.of(room)]));
    for (const room of batch) written.add(room);
    try {
      await store.write(node, entries);
    } catch (error) {
      outage.failed("write", error);
      unwritten = new Set([...batch, ...unwritten]);
      if (!stopped) cancelRetry = clock.later(limits.retryMs, () => void writeAll());
      return false;
    }
    outage.worked("write");
    for (const [room, { count }] of entries) if (count === 0) written.delete(room);
    bus.tellRooms(batch);
    return true;
  }

  return {
    touch(room) {
      if (stopped) return;
      changed.add(room);
      cancelFlush ??= clock.later(limits.flushMs, flush);
    },
    restart() {
      written.clear();
      for (const room of members.rooms()) unwritten.add(room);
      void writeAll();
    },
    stop() {
      stopped = true;
      cancelFlush?.();
      cancelRetry?.();
    },
  };
}
