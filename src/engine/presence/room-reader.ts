import { RoomUnavailable } from "../rooms/ports.js";
import type { PresenceLimits } from "./limits.js";
import type { PresenceEntry, PresenceStore } from "./presence-store.js";

/** Reads the entries of one room. Calls for the same room that wait together share a read. */
export type ReadRoom = (room: string) => Promise<readonly PresenceEntry[]>;

interface Waiting {
  readonly promise: Promise<readonly PresenceEntry[]>;
  resolve(entries: readonly PresenceEntry[]): void;
  reject(error: unknown): void;
}

/**
 * Reads many rooms with few queries: one at a time, with all rooms that were asked for meanwhile. A failed query fails
 * all that wait, as an outage must not make them wait one after the other.
 * @throws {RoomUnavailable} `overloaded` when too many rooms wait; what the store throws.
 */
export function createRoomReader(
  store: Pick<PresenceStore, "read">,
  limits: Pick<PresenceLimits, "batchRooms" | "waitingRooms">,
): ReadRoom {
  const waiting = new Map<string, Waiting>();
  let reading = false;

  function takeBatch(): Map<string, Waiting> {
    const batch = new Map([...waiting].slice(0, limits.batchRooms));
    for (const room of batch.keys()) waiting.delete(room);
    return batch;
  }

  async function readAll(): Promise<void> {
    reading = true;
    // Those who ask in the same tick are read together.
    await Promise.resolve();
    while (waiting.size > 0) {
      const batch = takeBatch();
      try {
        const byRoom = new Map<string, PresenceEntry[]>([...batch.keys()].map((room) => [room, []]));
        for (const entry of await store.read([...batch.keys()])) byRoom.get(entry.room)?.push(entry);
        for (const [room, { resolve }] of batch) resolve(byRoom.get(room) ?? []);
      } catch (error) {
        for (const { reject } of [...batch.values(), ...waiting.values()]) reject(error);
        waiting.clear();
      }
    }
    reading = false;
  }

  return (room) => {
    const asked = waiting.get(room);
    if (asked !== undefined) return asked.promise;
    if (waiting.size >= limits.waitingRooms) return Promise.reject(new RoomUnavailable("overloaded"));
    const { promise, resolve, reject } = withResolvers<readonly PresenceEntry[]>();
    waiting.set(room, { promise, resolve, reject });
    if (!reading) void readAll();
    return promise;
  };
}

function withResolvers<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
