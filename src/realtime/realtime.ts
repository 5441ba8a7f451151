import type { Server as HttpServer } from "node:http";
import type { ClientAddress } from "../client-address.js";
import type { ConnectionEvent, Identity } from "../domain.js";
import type { Component } from "../lifecycle.js";
import type { Logger } from "../logger.js";
import type { ConnectionMetrics, EventMetrics } from "../metrics/types.js";
import type { ConnectionAudit } from "../services/connection-audit.js";
import type { Presence } from "../services/presence/presence.js";
import type { RoomAccess } from "../services/room-access.js";
import type { Rooms } from "../services/rooms/rooms.js";
import type { Admission } from "./admission.js";
import { authenticate } from "./authenticate.js";
import { createClientEvents, type EventLimits } from "./events.js";
import { createAdmittance } from "./handlers/admittance.js";
import { durableRoomHandlers } from "./handlers/durable-rooms.js";
import { messageHandlers } from "./handlers/messages.js";
import { presenceHandlers } from "./handlers/presence.js";
import { roomHandlers } from "./handlers/rooms.js";
import { countHandshakes } from "./handshake-count.js";
import type { Io, IoSocket } from "./io.js";
import { createDispatch, type Handlers } from "./on-event.js";
import { countOutgoing } from "./outgoing-count.js";

/** What the Socket.IO side of a worker is made of. */
export interface RealtimeParts {
  readonly io: Io;
  readonly httpServer: HttpServer;
  readonly audit: ConnectionAudit;
  readonly identity: Identity;
  readonly rooms: Rooms;
  readonly presence: Presence;
  readonly mayDo: RoomAccess;
  readonly limits: EventLimits & { readonly roomsPerSocket: number };
  readonly clientAddress: ClientAddress;
  readonly admission: Admission;
  readonly metrics: ConnectionMetrics & EventMetrics;
  readonly log: Logger;
}

/** The Socket.IO side of a worker: attaches to the HTTP server at start, ends every connection at stop. */
export function createRealtime(parts: RealtimeParts): Component {
  const { io, identity, audit, metrics, log } = parts;
  const { roomsPerSocket } = parts.limits;
  const schemas = createClientEvents(parts.limits);
  const admittance = createAdmittance(parts.mayDo, roomsPerSocket);
  const handlers: Handlers = {
    ...roomHandlers(roomsPerSocket),
    ...messageHandlers(),
    ...durableRoomHandlers(parts.rooms, parts.mayDo, admittance),
    ...presenceHandlers(parts.presence, admittance),
  };
  const dispatch = createDispatch({ schemas, handlers, metrics, log });

  function onConnection(socket: IoSocket): void {
    socket.data.address = parts.clientAddress(socket.request);
    socket.data.openEvents = 0;
    record(socket, "connect");
    socket.on("disconnect", onDisconnect);
    dispatch(socket);
    socket.emit("session", { id: socket.id, ...identity });
    metrics.sent("session", 1);
  }

  // One function for all connections, as each would cost memory: the library calls it with the socket as `this`.
  function onDisconnect(this: IoSocket, reason: string): void {
    metrics.disconnected(reason);
    record(this, "disconnect", reason);
  }

  function record(socket: IoSocket, type: ConnectionEvent["type"], reason?: string): void {
    const event = {
      type,
      session: socket.id,
      transport: socket.conn.transport.name,
      address: socket.data.address,
      ...(reason === undefined ? {} : { reason }),
    };
    log.info(event, `client ${type}`);
    audit.record({ ...event, ...identity, at: new Date() });
  }

  return {
    name: "realtime",
    async start() {
      io.use(authenticate);
      io.on("connection", onConnection);
      io.attach(parts.httpServer);
      parts.admission.install();
      countHandshakes(io, metrics);
      countOutgoing(io, metrics);
    },
    async stop() {
      await io.close();
    },
  };
}
