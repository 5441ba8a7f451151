import type { IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { closeWith } from "../../http/close-with.js";
import type { Destination, Upgrade } from "./destination.js";
import { relayedHeaders } from "./relay-headers.js";
import { CONNECT_TIMEOUT_MS, type Errand } from "./relay-request.js";
import { headOf } from "./replay.js";

const NO_ANSWER = refusal("502 Bad Gateway");
const NO_ANSWER_IN_TIME = refusal("504 Gateway Timeout");

/**
 * Joins the client's connection to one of its own to the process, which does the rest: bytes pass both ways, unread. An end of
 * either is passed on after all that came before it; an error of either ends both, and so does silence: there are heartbeats.
 * Returns what ends it, with an answer where there was none.
 */
export function openTunnel({ request, socket, head }: Upgrade, errand: Errand): () => void {
  const { destination } = errand;
  const upstream: Socket = connect({ ...pointOf(destination), noDelay: true, allowHalfOpen: true });
  const timer = setTimeout(() => upstream.destroy(new Error("no connection in time")), CONNECT_TIMEOUT_MS);

  function end(): void {
    clearTimeout(timer);
    socket.destroy();
    upstream.destroy();
  }

  /** Who has no answer yet gets this one. */
  function giveUp(answer: string): void {
    const isAnswered = upstream.bytesRead > 0;
    clearTimeout(timer);
    upstream.unpipe(socket).destroy();
    socket.unpipe(upstream).off("finish", end);
    if (isAnswered || socket.destroyed) end();
    else closeWith(socket, answer);
  }

  function onAbsent(error: Error): void {
    clearTimeout(timer);
    socket.off("close", end);
    destination.onUnreachable(error);
    if (!socket.destroyed) errand.handleHere();
  }

  upstream.once("error", onAbsent);
  socket.once("close", end);
  upstream.once("connect", () => {
    clearTimeout(timer);
    upstream.off("error", onAbsent);
    destination.onReached();
    upstream.setTimeout(errand.silenceMs, () => giveUp(NO_ANSWER_IN_TIME));
    upstream.write(headerOf(request, errand));
    upstream.write(head);
    upstream.once("error", () => giveUp(NO_ANSWER)).pipe(socket, { end: false });
    upstream.once("end", () => (upstream.bytesRead > 0 ? socket.end() : giveUp(NO_ANSWER)));
    socket.once("error", end).once("finish", end).pipe(upstream);
  });
  return () => giveUp(NO_ANSWER_IN_TIME);
}

function refusal(status: string): string {
  return `HTTP/1.1 ${status}\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
}

function headerOf(request: IncomingMessage, { proof }: Pick<Errand, "proof">): Buffer {
  const lines = relayedHeaders(request, proof);
  return headOf(request, [...lines, "Connection", "Upgrade", "Upgrade", "websocket"]);
}

/** node:net calls `path` what node:http calls `socketPath`. */
function pointOf({ address }: Destination): { path: string } | { host: string; port: number } {
  return "socketPath" in address ? { path: address.socketPath } : address;
}
