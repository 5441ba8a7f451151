import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { waitAtMost } from "../../wait-at-most.js";
import { takeRequestListeners, takeUpgradeListeners } from "../server-listeners.js";
import { type ClientConnection, openConnection } from "./client-connection.js";
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
  /** Gives back the connections on which nothing is being asked, while that takes no longer than `GIVE_BACK_MS`. */
  stop(): Promise<void>;
}

/** Longest time to give connections back, in milliseconds. */
const GIVE_BACK_MS = 500;
/** "Misdirected": a client may ask again, on another connection (RFC 9110, 15.5.20). */
const MISDIRECTED = "HTTP/1.1 421 Misdirected Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/** Who asks for whom: requests to Engine.IO at `path` come to worker `self`, and ids end with `suffix`. */
export interface Place {
  readonly path: string;
  readonly self: number;
  readonly suffix: string;
}

/** For one worker. */
export function createSessionRouter(
  httpServer: HttpServer,
  { path, self, suffix }: Place,
  siblings: Siblings,
): SessionRouter {
  const connections = new Map<Socket, ClientConnection>();

  /** The sibling that made the session; it may have ended, which the primary finds out. */
  function siblingFor(url: string): number | undefined {
    const sessionId = sessionIdIn(url, path);
    const owner = sessionId === undefined ? undefined : ownerOf(sessionId, suffix);
    return owner === self ? undefined : owner;
  }

  function accept(socket: Socket, bytes: Uint8Array): void {
    function redirect(url: string, head: Buffer): boolean {
      const sibling = siblingFor(url);
      if (sibling === undefined) return false;
      forget(socket);
      siblings.handOver(socket, sibling, head);
      return true;
    }
    const connection = openConnection(socket, httpServer, redirect, () => connections.delete(socket));
    connections.set(socket, connection);
    if (bytes.length > 0) connection.serve(Buffer.from(bytes));
  }

  function forget(socket: Socket): void {
    connections.get(socket)?.letGo();
    connections.delete(socket);
  }

  /** Whether a request that came without waiting for the answer before it is for a sibling. */
  function isMisdirected(request: IncomingMessage, response: ServerResponse | undefined): boolean {
    const wasSeen = connections.get(request.socket)?.begin(request, response) ?? true;
    return !wasSeen && siblingFor(request.url ?? "") !== undefined;
  }

  return {
    start() {
      const onRequest = takeRequestListeners(httpServer);
      const onUpgrade = takeUpgradeListeners(httpServer);
      httpServer.on("request", (request, response) => {
        if (isMisdirected(request, response)) response.writeHead(421, { Connection: "close" }).end();
        else onRequest(request, response);
      });
      httpServer.on("upgrade", (request, socket, head) => {
        const misdirected = isMisdirected(request, undefined);
        forget(request.socket);
        if (misdirected) socket.on("error", () => {}).end(MISDIRECTED);
        else onUpgrade(request, socket, head);
      });
    },
    accept,
    async stop() {
      const idle = [...connections].filter(([, connection]) => connection.release());
      for (const [socket] of idle) connections.delete(socket);
      await waitAtMost(Promise.all(idle.map(([socket]) => siblings.giveBack(socket))), GIVE_BACK_MS);
    },
  };
}
