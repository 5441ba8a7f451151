import type { Server as HttpServer } from "node:http";
import { createServer, Socket } from "node:net";
import { ENGINE_PATH } from "../../http/engine-request.js";
import { hearPrimary, type PrimaryHandlers, tellPrimary } from "../../ipc/channel.js";
import { createPrimaryFarewell } from "../../ipc/farewell.js";
import { createShortage, descriptorCapacity } from "../../process/descriptors.js";
import type { Component } from "../../process/lifecycle.js";
import { createListener, type Listener } from "../../process/listener.js";
import type { Logger } from "../../process/logger.js";
import { createNoRoomLog } from "../../process/no-room-log.js";
import type { StopTimes } from "../../process/stop-times.js";
import { waitAtMost } from "../../process/wait-at-most.js";
import type { Io } from "../../realtime/io.js";
import { createIntake, type Intake } from "./intake.js";
import { listenPrivately } from "./private-listener.js";
import { newSessionId, sessionAskedFor } from "./session-owner.js";
import { type Place, type Siblings, socketPathOf } from "./siblings.js";

/**
 * A clustered worker's ingress with `ROUTING=forward`: takes connections from the primary, or listens by itself when it is told
 * to, and takes requests for its sessions from its siblings on a private socket. Each session id says which worker made it.
 */
export function createForwardIngress(
  io: Io,
  httpServer: HttpServer,
  place: Place,
  siblings: Siblings,
  { firstRequestsMs, arrivalsMs }: Pick<StopTimes, "firstRequestsMs" | "arrivalsMs">,
  log: Logger,
): Component {
  const farewell = createPrimaryFarewell();
  /** Connections for sessions of this worker that others still have open. */
  const arriving = new Map<number, { readonly socket: Socket; readonly head: Uint8Array }>();
  let onArrived = (): void => {};
  let intake: Intake | undefined;
  let listener: Listener | undefined;
  let portClosed: Promise<void> | undefined;

  const handlers: PrimaryHandlers = {
    "shoal:listen": ({ host, port }) => void listen(host, port),
    "shoal:unlisten": () => void closePort(),
    "shoal:check": ({ flight }) => tellPrimary({ type: "shoal:checked", flight }),
    "shoal:connection"({ flight }, handle) {
      const socket = received(handle);
      // First said, then read: what nobody says to have taken is given to another worker.
      if (socket !== undefined) take(flight, () => intake?.accept(socket));
    },
    "shoal:adopt"({ id, head, to, as }, handle) {
      const socket = received(handle);
      if (socket === undefined) return;
      arriving.set(id, { socket, head });
      if (as !== "owner") siblings.keepHere(socket, to, as);
    },
    "shoal:go": ({ id, bytes }) => enter(id, bytes),
  };

  function take(flight: number, onTold: () => void): void {
    tellPrimary({ type: "shoal:taken", flight, full: intake?.isFull() ?? true }, onTold);
  }

  function enter(id: number, bytes: Uint8Array): void {
    const arrived = arriving.get(id);
    arriving.delete(id);
    if (arrived === undefined) return;
    intake?.adopt(arrived.socket, Buffer.concat([arrived.head, bytes]));
    if (arriving.size === 0) onArrived();
  }

  /** Once the primary has said that this worker is to end, it gives it no more of them. */
  async function allArrived(): Promise<void> {
    if (arriving.size === 0) return;
    const arrived = new Promise<void>((resolve) => {
      onArrived = resolve;
    });
    await waitAtMost(arrived, arrivalsMs);
  }

  /**
   * Looks at the first request: a connection that is opened for a sibling's session goes there as a whole. This is a hint,
   * and saves a relay for each request; what it does not see, the session router does.
   */
  function giveAway(socket: Socket, first: Buffer): boolean {
    const sessionId = sessionAskedFor(first, ENGINE_PATH);
    return sessionId !== undefined && siblings.handOver(sessionId, socket, first);
  }

  async function listen(host: string, port: number): Promise<void> {
    const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
      socket.on("error", () => {}); // the client's end; "close" follows
      intake?.accept(socket);
    });
    listener = createListener(server, host, port, { reusePort: true });
    const { url, start } = listener;
    try {
      await start();
      tellPrimary({ type: "shoal:listening", url: url() });
    } catch (error) {
      tellPrimary({ type: "shoal:listening", error: error instanceof Error ? error.message : String(error) });
    }
  }

  /** Ends the accepting at a port of its own, if there is one. */
  function closePort(): Promise<void> {
    portClosed ??= listener?.stop() ?? Promise.resolve();
    return portClosed;
  }

  return {
    name: "forward ingress",
    async start() {
      io.engine.generateId = () => newSessionId(place.self, place.suffix);
      await listenPrivately(httpServer, socketPathOf(place.socketDir, place.self));
      intake = createIntake({
        httpServer,
        capacity: descriptorCapacity(),
        isShort: createShortage(),
        firstRequestsMs,
        giveAway,
        onRefuse: createNoRoomLog(log, "connections get 503: this worker can take no more"),
        onVacant: () => tellPrimary({ type: "shoal:vacant" }),
      });
      // Stays until the end: what siblings hand over still arrives and is answered.
      hearPrimary(handlers);
      await farewell.start();
      tellPrimary({ type: "shoal:ready" });
    },
    async stop() {
      siblings.leave();
      await farewell.stop();
      await closePort();
      await allArrived();
      await intake?.close();
    },
  };
}

/** The connection that came with a message; undefined when the client had gone before. */
function received(handle: unknown): Socket | undefined {
  if (!(handle instanceof Socket)) return undefined;
  handle.on("error", () => {}); // the client's end; "close" follows
  handle.allowHalfOpen = true; // as connections have that node:http accepts
  return handle;
}
