import type { Server as HttpServer } from "node:http";
import type { ClientAddress } from "../client-address.js";
import type { LimitsConfig } from "../config/config.js";
import type { ConnectionEvent, Identity } from "../domain.js";
import type { Component } from "../lifecycle.js";
import type { Logger } from "../logger.js";
import type { ConnectionMetrics, EventMetrics } from "../metrics/types.js";
import type { ConnectionAudit } from "../services/connection-audit.js";
import type { Presence } from "../services/presence/presence.js";
import type { RoomAccess } from "../services/room-access.js";
import type { Rooms } from "../services/rooms/rooms.js";
import type { Admission } from "./admission.js";
import { createAuthenticate } from "./authenticate.js";
import type { Connections } from "./connections/connections.js";
import { installDoorRules } from "./connections/door-rules.js";
import { createIntake } from "./connections/intake.js";
import { watchOutsiders } from "./connections/outsiders.js";
import { installPollingRequests } from "./connections/polling-requests.js";
import { createReading } from "./connections/reading.js";
import { createTurns } from "./connections/turns.js";
import { createClientEvents, type EventLimits } from "./events.js";
import { createAdmittance } from "./handlers/admittance.js";
import { durableRoomHandlers } from "./handlers/durable-rooms.js";
import { messageHandlers } from "./handlers/messages.js";
import { presenceHandlers } from "./handlers/presence.js";
import { roomHandlers } from "./handlers/rooms.js";
import { countHandshakes } from "./handshake-count.js";
import { letHeadersGo } from "./handshake-headers.js";
import type { Io, IoSocket } from "./io.js";
import { createDispatch, type Handlers } from "./on-event.js";
import { countOutgoing } from "./outgoing-count.js";

/** What the Socket.IO side of a worker is made of. */
export interface RealtimeParts {
  readonly io: Io;
  readonly connections: Connections;
  readonly httpServer: HttpServer;
  readonly audit: ConnectionAudit;
  readonly identity: Identity;
  readonly rooms: Rooms;
  readonly presence: Presence;
  readonly mayDo: RoomAccess;
  readonly limits: EventLimits & Pick<LimitsConfig, "roomsPerSocket" | "openEvents" | "authBytes">;
  readonly clientAddress: ClientAddress;
  readonly admission: Admission;
  readonly metrics: ConnectionMetrics & EventMetrics;
  readonly log: Logger;
}

/** What clients may ask for within a turn of the event loop, in milliseconds; what comes beyond it waits for the next one. */
const TURN_MS = 4;

/** The Socket.IO side of a worker: attaches to the HTTP server at start, ends every connection at stop. */
export function createRealtime(parts: RealtimeParts): Component {
  const { io, connections, identity, audit, metrics, log } = parts;
  const { roomsPerSocket } = parts.limits;
  const schemas = createClientEvents(parts.limits);
  const admittance = createAdmittance(parts.mayDo, roomsPerSocket);
  const handlers: Handlers = {
    ...roomHandlers(roomsPerSocket),
    ...messageHandlers(),
    ...durableRoomHandlers(parts.rooms, parts.mayDo, admittance),
    ...presenceHandlers(parts.presence, admittance),
  };
  const turns = createTurns(TURN_MS);
  const reading = createReading(turns);
  const intake = createIntake(turns, reading, parts.limits.openEvents);
  let outsiders: NodeJS.Timeout | undefined;
  const dispatch = createDispatch({ schemas, handlers, connections, intake, metrics, log });

  function onConnection(socket: IoSocket): void {
    socket.data.address = parts.clientAddress(socket.request);
    letHeadersGo(socket);
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
      io.use(createAuthenticate(parts.limits.authBytes));
      io.on("connection", onConnection);
      io.attach(parts.httpServer);
      connections.install(io);
      installDoorRules(io, connections, reading);
      parts.admission.install();
      installPollingRequests(io, connections);
      outsiders = watchOutsiders(connections);
      countHandshakes(io, metrics);
      countOutgoing(io, metrics);
    },
    async stop() {
      clearInterval(outsiders);
      await io.close();
    },
  };
}
