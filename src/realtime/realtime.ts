import type { Server as HttpServer } from "node:http";
import type { ClientAddress } from "../client-address.js";
import type { LimitsConfig } from "../config/config.js";
import type { ConnectionEvent, Identity } from "../domain.js";
import type { Component } from "../lifecycle.js";
import type { Logger } from "../logger.js";
import type { ConnectionAudit } from "../services/connection-audit.js";
import { chooseAdapter, type RedisLink, useAdapter } from "./adapter.js";
import { createClientEvents } from "./events.js";
import { messageHandlers } from "./handlers/messages.js";
import { roomHandlers } from "./handlers/rooms.js";
import type { Io, IoSocket } from "./io.js";
import { bindHandlers, type Handlers } from "./on-event.js";

/** What the Socket.IO side of a worker is made of. */
export interface RealtimeParts {
  readonly io: Io;
  readonly httpServer: HttpServer;
  readonly redis: RedisLink | undefined;
  readonly audit: ConnectionAudit;
  readonly identity: Identity;
  readonly limits: LimitsConfig;
  readonly clientAddress: ClientAddress;
  readonly log: Logger;
}

/** The Socket.IO side of a worker: attaches to the HTTP server at start, ends every connection at stop. */
export function createRealtime(parts: RealtimeParts): Component {
  const { io, identity, audit, log } = parts;
  const schemas = createClientEvents(parts.limits.messageBytes);
  const handlers: Handlers = { ...roomHandlers(parts.limits.roomsPerSocket), ...messageHandlers() };

  function onConnection(socket: IoSocket): void {
    socket.data.address = parts.clientAddress(socket.request);
    record(socket, "connect");
    socket.once("disconnect", (reason) => record(socket, "disconnect", reason));
    bindHandlers(socket, schemas, handlers, log);
    socket.emit("session", { id: socket.id, ...identity });
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
      useAdapter(io, chooseAdapter(parts.redis, log));
      io.on("connection", onConnection);
      io.attach(parts.httpServer);
    },
    async stop() {
      await io.close();
    },
  };
}
