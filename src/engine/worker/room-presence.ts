import { presenceChannel } from "../../contract/channel.js";
import { createPresence, type Presence } from "../presence/presence.js";
import type { PresenceStore } from "../presence/presence-store.js";
import type { Component } from "../process/lifecycle.js";
import type { Io } from "../realtime/io.js";
import { createPresenceBus, NO_OTHER_PRESENCE } from "../realtime/presence-bus.js";
import { createPresenceLink } from "../realtime/presence-link.js";
import type { WorkerLink } from "../realtime/room-bus.js";
import { systemClock } from "../rooms/ports.js";
import type { Members } from "./members.js";

/** The presence of a worker, in two parts around the connections. */
export interface RoomPresence {
  /** Starts before there can be connections, and stops after the last one is closed. */
  readonly presence: Presence;
  /** Starts after the Socket.IO server, and stops before it closes connections. */
  readonly link: Component;
}

/** Puts the presence together: entries in the store, the membership, the adapter as doorbell. */
export function createRoomPresence(
  store: PresenceStore,
  { membership, outage }: Pick<Members, "membership" | "outage">,
  io: Io,
  link: WorkerLink | undefined,
): RoomPresence {
  const presence = createPresence({
    ...{ store, outage, members: membership },
    bus: link === undefined ? NO_OTHER_PRESENCE : createPresenceBus(io, link),
    clock: systemClock(),
    watchers: (room) => io.sockets.adapter.rooms.get(presenceChannel(room))?.size ?? 0,
    deliver: (change) => void io.local.to(presenceChannel(change.room)).emit("presence", change),
  });
  return { presence, link: createPresenceLink(io, presence) };
}
