import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { takeRequestListeners, takeUpgradeListeners } from "../server-listeners.js";
import { giveBackIdle } from "./give-back.js";
import { isAnswering, markUpgrade, superviseConnections, watchRequests } from "./http-connection.js";
import { headOf, isWhole } from "./request-head.js";
import { ownerOf, sessionIdIn } from "./session-owner.js";

/** How a worker gives connections up. */
export interface Siblings {
  /** To `worker`, with what was read: the beginning of a request. */
  handOver(socket: Socket, worker: number, bytes: Uint8Array): void;
  /** To whoever takes it; nothing was read. Resolves when it is on its way. */
  giveBack(socket: Socket): Promise<void>;
}

/** Stands in front of the HTTP server and sends connections to the worker whose session they ask for. */
export interface SessionRouter {
  /** Takes its place; whatever handles requests is there by then. */
  start(): void;
  /** A client's connection; `bytes` were read elsewhere, and are for this worker whatever they ask for. */
  accept(socket: Socket, bytes: Uint8Array): void;
  /** Gives back the connections on which nothing is being asked, in half a second at most. */
  stop(): Promise<void>;
}

/** "Misdirected": a client may ask again, on another connection (RFC 9110, 15.5.20). */
const MISDIRECTED = 421;

/** Who asks for whom: requests to Engine.IO at `path` come to worker `self`, and ids end with `suffix`. */
export interface Place {
  readonly path: string;
  readonly self: number;
  readonly suffix: string;
}

/**
 * For one worker. The HTTP server reads the connections by itself. Where the header of a request says that it is for a
 * sibling, the server lets go of the connection: header and what was read after it go along, the rest of a body is still
 * with the kernel, and nothing of it depends on this process any more.
 */
export function createSessionRouter(
  httpServer: HttpServer,
  { path, self, suffix }: Place,
  siblings: Siblings,
): SessionRouter {
  /** Requests that leave, and where for. */
  const leaving = new WeakMap<IncomingMessage, number>();
  const misdirected = new WeakSet<IncomingMessage>();
  const cameWithBytes = new WeakSet<Socket>();

  /** The sibling that made the session; it may have ended, which the primary finds out. */
  function siblingFor({ method, url = "" }: IncomingMessage): number | undefined {
    if (method !== "GET" && method !== "POST") return undefined;
    const sessionId = sessionIdIn(url, path);
    const owner = sessionId === undefined ? undefined : ownerOf(sessionId, suffix);
    return owner === self ? undefined : owner;
  }

  function accept(socket: Socket, bytes: Uint8Array): void {
    let isForHere = bytes.length > 0;
    httpServer.emit("connection", socket);
    watchRequests(socket, (request) => {
      const sibling = isForHere ? undefined : siblingFor(request);
      isForHere = false;
      if (sibling === undefined) return false;
      if (socket.writable && !isAnswering(socket) && isWhole(request)) {
        leaving.set(request, sibling);
        return true;
      }
      // As a rule it came without waiting for the answer before it. Its own follows that one, also where it asks for an upgrade.
      misdirected.add(request);
      markUpgrade(request, false);
      return false;
    });
    if (bytes.length === 0) return;
    cameWithBytes.add(socket);
    socket.emit("data", Buffer.from(bytes)); // to the HTTP server alone, and before anything that it reads by itself
  }

  return {
    start() {
      const onRequest = takeRequestListeners(httpServer);
      const onUpgrade = takeUpgradeListeners(httpServer);
      httpServer.on("request", (request, response) => {
        if (misdirected.has(request)) response.writeHead(MISDIRECTED, { Connection: "close" }).end();
        else onRequest(request, response);
      });
      httpServer.on("upgrade", (request, socket, head) => {
        const sibling = leaving.get(request);
        if (sibling === undefined) onUpgrade(request, socket, head);
        else siblings.handOver(request.socket, sibling, Buffer.concat([headOf(request), head]));
      });
      superviseConnections(httpServer);
    },
    accept,
    stop: () => giveBackIdle(httpServer, (socket) => cameWithBytes.has(socket), siblings.giveBack),
  };
}
