import type { Deliver, RoomBus, RoomSpans } from "../rooms/ports.js";
import type { Tracing } from "./tracing.js";

/** What the rooms tell of. */
export function tracedRooms({ spans }: Tracing): RoomSpans {
  return {
    publish: (keys, task) => spans().publish(keys, task),
    commit: (room, keys, task) => spans().commit(room, keys, task),
    stored: (log, entries) => spans().stored(log, entries),
  };
}

/** The bus, by which traces go on in other workers. */
export function tracedBus(tracing: Tracing | undefined, bus: RoomBus): RoomBus {
  if (tracing === undefined) return bus;
  const { spans } = tracing;
  return {
    ...bus,
    publish: (log, entries) => spans().send(log, entries, (carrier) => bus.publish(log, entries, carrier)),
    onMessages: (handler) =>
      bus.onMessages((log, entries, carrier) =>
        spans().receive(log, entries, carrier, () => handler(log, entries)),
      ),
  };
}

/** The last step of a message here: to the clients that `members` counts. */
export function tracedDeliver(
  tracing: Tracing | undefined,
  members: (room: string) => number,
  deliver: Deliver,
): Deliver {
  if (tracing === undefined) return deliver;
  return (batch) => tracing.spans().deliver(batch, members(batch.room), () => deliver(batch));
}
