import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { Component } from "../process/lifecycle.js";
import { hasContent } from "./server.js";

/** Requests of which the beginning has come, and not yet the whole header: nothing else knows of them. To be started behind whoever takes listeners off the server. */
export interface BegunRequests extends Component {
  /** Resolves when there are none, or after `timeoutMs`: the rest may never come. */
  ended(timeoutMs: number): Promise<void>;
}

/** The last request of a connection, and the bytes that had been read of the connection with it. */
interface Last {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  read: number;
}

const LOOK_EVERY_MS = 20;

/**
 * Node calls such a connection no longer idle, and tells of no number. What is read behind the last answer is the beginning of another request. Of one
 * whose beginning came in the same packet as the request before it nothing is known.
 */
export function createBegunRequests(httpServer: HttpServer): BegunRequests {
  const open = new Map<Socket, Last | undefined>();

  // One function for all connections, as each would cost memory.
  function forget(this: Socket): void {
    open.delete(this);
  }

  function onConnection(socket: Socket): void {
    if (open.has(socket)) return;
    open.set(socket, undefined);
    socket.once("close", forget);
  }

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const last: Last = { request, response, read: socket.bytesRead };
    open.set(socket, last);
    if (!hasContent(request)) return;
    const note = (): void => {
      last.read = socket.bytesRead;
    };
    response.once("close", note);
    // Of a body that goes on behind an early answer.
    request.once("close", note);
  }

  function hasBegun([socket, last]: readonly [Socket, Last | undefined]): boolean {
    if (socket.destroyed) return false;
    if (last === undefined) return socket.bytesRead > 0;
    return last.request.complete && last.response.closed && socket.bytesRead > last.read;
  }

  return {
    name: "begun requests",
    async start() {
      httpServer.on("connection", onConnection);
      httpServer.on("request", onRequest);
      // It comes again where what is asked for is not spoken, perhaps at once: so it is forgotten before anybody else hears of it.
      httpServer.prependListener("upgrade", ({ socket }) => void open.delete(socket.off("close", forget)));
    },
    async stop() {},
    async ended(timeoutMs) {
      const endMs = performance.now() + timeoutMs;
      while ([...open].some(hasBegun) && performance.now() < endMs) await pause(LOOK_EVERY_MS);
    },
  };
}
