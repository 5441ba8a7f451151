import type { IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { relayedHeaders } from "./relay-headers.js";
import { CONNECT_TIMEOUT_MS, type Errand } from "./relay-request.js";

/** A client's connection that wants to become a WebSocket, with what was read of it after the header. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/**
 * Joins the client's connection to one of its own to the instance, which does the rest: bytes pass both ways, unread. An end of
 * either is passed on after all that came before it; an error of either ends both, and so does silence: there are heartbeats.
 * Returns what ends it.
 */
export function openTunnel({ request, socket, head }: Upgrade, errand: Errand): () => void {
  const { host, port } = errand.peer;
  const upstream: Socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
  const timer = setTimeout(() => upstream.destroy(new Error("no connection in time")), CONNECT_TIMEOUT_MS);

  function end(): void {
    clearTimeout(timer);
    socket.destroy();
    upstream.destroy();
  }

  function onAbsent(error: Error): void {
    clearTimeout(timer);
    socket.off("close", end);
    errand.onUnreachable(error);
    if (!socket.destroyed) errand.handleHere();
  }

  upstream.once("error", onAbsent);
  socket.once("close", end);
  upstream.once("connect", () => {
    clearTimeout(timer);
    upstream.off("error", onAbsent);
    errand.onReached();
    upstream.setTimeout(errand.pollTimeoutMs, end);
    upstream.write(headerOf(request), "latin1");
    upstream.write(head);
    upstream.once("error", end).pipe(socket);
    socket.once("error", end).once("finish", end).pipe(upstream);
  });
  return end;
}

function headerOf(request: IncomingMessage): string {
  const headers = [...relayedHeaders(request), "Connection", "Upgrade", "Upgrade", "websocket"];
  const lines = [`GET ${request.url} HTTP/1.1`];
  for (let at = 0; at < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}
