import { type Audience, watchBroadcasts } from "../internals/socket-io-adapter.js";
import type { EventMetrics } from "../metrics/types.js";
import type { Io } from "./io.js";

/**
 * Counts what broadcasts send to this worker's clients, also those that came from other workers. Looks
 * at each broadcast once; nothing is done per receiver.
 */
export function countOutgoing(io: Io, metrics: Pick<EventMetrics, "sent">): void {
  const { adapter } = io.sockets;
  const { sids, rooms } = adapter;

  function receivers(audience: Audience): number {
    if (audience.rooms.size === 0) return sids.size - countOf(audience.except);
    const wanted = countOf(audience.rooms);
    const [room] = audience.rooms;
    let left = 0;
    // Who is left out is one socket, by its private room, and need not be in the room that is meant.
    for (const id of audience.except ?? []) if (room !== undefined && rooms.get(room)?.has(id)) left += 1;
    return wanted - left;
  }

  function countOf(names: ReadonlySet<string> | undefined): number {
    let count = 0;
    for (const name of names ?? []) count += rooms.get(name)?.size ?? 0;
    return count;
  }

  watchBroadcasts(adapter, (event, audience) => metrics.sent(event, receivers(audience)));
}
