import cluster from "node:cluster";
import { randomBytes } from "node:crypto";
import { presenceChannel } from "../../contract/channel.js";
import { hearPrimary, tellPrimary } from "../ipc/channel.js";
import { createPresence, type Presence } from "../presence/presence.js";
import type { PresenceStore } from "../presence/presence-store.js";
import { type Component, compose } from "../process/lifecycle.js";
import type { Logger } from "../process/logger.js";
import type { Io } from "../realtime/io.js";
import { createPresenceBus, NO_OTHER_PRESENCE } from "../realtime/presence-bus.js";
import { createPresenceLink } from "../realtime/presence-link.js";
import type { WorkerLink } from "../realtime/room-bus.js";
import { systemClock } from "../rooms/ports.js";

/** The presence of a worker, in two parts around the connections. */
export interface RoomPresence {
  readonly presence: Presence;
  /** Starts before there can be connections, and stops after the last one is closed. */
  readonly component: Component;
  /** Starts after the Socket.IO server, and stops before it closes connections. */
  readonly link: Component;
}

/** Puts the presence together: entries in the store, the adapter as doorbell, the primary as witness of sudden ends. */
export function createRoomPresence(
  store: PresenceStore,
  io: Io,
  link: WorkerLink | undefined,
  log: Logger,
): RoomPresence {
  const presence = createPresence({
    store,
    bus: link === undefined ? NO_OTHER_PRESENCE : createPresenceBus(io, link),
    clock: systemClock(),
    newNodeId: () => randomBytes(9).toString("hex"),
    onNodeId(node) {
      if (cluster.isWorker) tellPrimary({ type: "shoal:node", node });
    },
    watchers: (room) => io.sockets.adapter.rooms.get(presenceChannel(room))?.size ?? 0,
    deliver: (change) => void io.local.to(presenceChannel(change.room)).emit("presence", change),
    report: {
      failed: (error) => log.warn({ err: error }, "presence cannot be kept up to date"),
      over: () => log.info("presence is up to date again"),
    },
  });
  return {
    presence,
    component: compose("presence", [createWitness(presence), presence]),
    link: createPresenceLink(io, presence),
  };
}

/** Passes on what the primary has seen: that a sibling has ended. */
function createWitness(presence: Pick<Presence, "nodeEnded">): Component {
  let stopHearing = (): void => {};

  return {
    name: "witness",
    async start() {
      if (cluster.isWorker)
        stopHearing = hearPrimary({ "shoal:ended": ({ node }) => presence.nodeEnded(node) });
    },
    async stop() {
      stopHearing();
    },
  };
}
