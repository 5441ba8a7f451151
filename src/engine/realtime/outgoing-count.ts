import type { EventMetrics } from "../metrics/types.js";
import type { Io } from "./io.js";

/** Whom a broadcast is for; without rooms it is for all. */
interface Audience {
  readonly rooms: ReadonlySet<string>;
  readonly except?: ReadonlySet<string>;
}

type Encode = (packet: { readonly data?: unknown }, options: unknown) => unknown;
type Apply = (audience: Audience, callback: unknown) => unknown;

/**
 * Counts what broadcasts send to this worker's clients, also those that came from other workers. The adapter encodes a
 * packet once and then walks over its receivers, so both are looked at once per broadcast, and nothing is done per
 * receiver. Neither is part of the library's documented interface: where a version lacks them, nothing is counted and a test fails.
 */
export function countOutgoing(io: Io, metrics: Pick<EventMetrics, "sent">): void {
  const { adapter } = io.sockets;
  const { sids, rooms } = adapter;
  const inner = adapter as unknown as { _encode?: Encode; apply?: Apply };
  if (typeof inner._encode !== "function" || typeof inner.apply !== "function") return;
  const encode = inner._encode.bind(adapter);
  const apply = inner.apply.bind(adapter);
  let event: string | undefined;

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

  inner._encode = (packet, options) => {
    event = Array.isArray(packet.data) ? String(packet.data[0]) : undefined;
    return encode(packet, options);
  };
  inner.apply = (audience, callback) => {
    if (event !== undefined) metrics.sent(event, receivers(audience));
    event = undefined;
    return apply(audience, callback);
  };
}
