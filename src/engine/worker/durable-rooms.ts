import { logChannel } from "../../contract/channel.js";
import type { Config } from "../config/config.js";
import type { BusMetrics, RoomMetrics } from "../metrics/types.js";
import { type Component, compose } from "../process/lifecycle.js";
import type { Logger } from "../process/logger.js";
import type { StopTimes } from "../process/stop-times.js";
import type { Io } from "../realtime/io.js";
import { createRoomBus, NO_OTHERS, type WorkerLink } from "../realtime/room-bus.js";
import { ROOM_LIMITS } from "../rooms/limits.js";
import { systemClock } from "../rooms/ports.js";
import { createFrameCoalescer } from "../rooms/read/frame-coalescer.js";
import { createRetention, createRetentionJob, RETENTION_LIMITS } from "../rooms/retention.js";
import type { RoomStore } from "../rooms/room-store.js";
import { createRooms, type Rooms } from "../rooms/rooms.js";
import { tracedBus, tracedDeliver, tracedRooms } from "../tracing/traced-rooms.js";
import type { Tracing } from "../tracing/tracing.js";

/** The durable rooms of a worker and all that keeps them going. */
export interface DurableRooms {
  readonly rooms: Rooms;
  readonly component: Component;
  /** To be stopped before open requests are waited for: from then on commits have `commitsMs`, and who waits for one is answered in time. */
  readonly lastCall: Component;
}

/** What they are made of. */
export interface DurableRoomParts {
  readonly config: Config;
  readonly stopTimes: Pick<StopTimes, "commitsMs">;
  readonly store: RoomStore;
  readonly io: Io;
  /** To the other workers; absent when there are none. */
  readonly link: WorkerLink | undefined;
  readonly metrics: { readonly rooms: RoomMetrics; readonly bus: BusMetrics };
  readonly tracing: Tracing | undefined;
  readonly log: Logger;
}

/** Puts the rooms together: log and readers over the store, the adapter as doorbell, local sockets as audience. */
export function createDurableRooms({
  config,
  stopTimes,
  store,
  io,
  link,
  metrics,
  tracing,
  log,
}: DurableRoomParts): DurableRooms {
  const clock = systemClock();
  const members = (room: string): number => io.sockets.adapter.rooms.get(logChannel(room))?.size ?? 0;
  const report = (what: string, error: unknown): void => log.warn({ err: error, what }, "durable rooms");
  const coalescer = createFrameCoalescer({
    clock,
    members,
    deliver: tracedDeliver(tracing, members, (batch) => {
      io.local.to(logChannel(batch.room)).emit("messages", batch);
    }),
  });
  const { retentionMessages, retentionHours, ...bounds } = config.rooms;
  const rooms = createRooms(
    {
      store,
      bus: link === undefined ? NO_OTHERS : tracedBus(tracing, createRoomBus(io, link)),
      spans: tracing && tracedRooms(tracing),
      clock,
      deliver: coalescer.deliver,
      members,
      report,
      observer: { ...metrics.rooms, refused: () => metrics.bus.refused("epoch") },
    },
    { ...ROOM_LIMITS, ...bounds, drainMs: stopTimes.commitsMs },
  );
  const retention = createRetention(
    { store, report },
    { ...RETENTION_LIMITS, messages: retentionMessages, ageMs: retentionHours * 3_600_000 },
  );
  const flush: Component = {
    name: "room frames",
    start: async () => {},
    stop: async () => coalescer.flush(),
  };
  const lastCall: Component = {
    name: "last call",
    start: async () => {},
    stop: async () => rooms.endSoon(),
  };
  return {
    rooms,
    lastCall,
    component: compose("durable rooms", [flush, rooms, createRetentionJob(retention, clock)]),
  };
}
