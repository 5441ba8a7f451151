import { connect, type Socket } from "node:net";
import { createFlow, type Flow, type ProxyMode } from "./tcp-flow.js";

export type ProxyTarget = { readonly host: string; readonly port: number } | { readonly path: string };

export interface PairOptions {
  /** Accepted with pauseOnConnect and allowHalfOpen. */
  readonly client: Socket;
  readonly target: ProxyTarget;
  readonly mode: () => ProxyMode;
  /** Reset after this many bytes from the server to the client. */
  readonly cutAfterBytes: number | undefined;
  readonly onSwallowed: (bytes: number) => void;
  /** Both sides are closed. */
  readonly onClosed: () => void;
}

/** One connection through the proxy. */
export interface Pair {
  modeChanged(): void;
  /** From which port the target sees it; undefined while it does not. */
  portAtTarget(): number | undefined;
  /** Ends both sides at once, with RST. */
  abort(): void;
}

/** Joins an accepted connection with one of its own to the target. */
export function createPair({
  client,
  target,
  mode,
  cutAfterBytes,
  onSwallowed,
  onClosed,
}: PairOptions): Pair {
  let upstream: Socket | undefined;
  let flows: Flow[] = [];
  let swallowed = false;
  let broken = false;
  let taken = 0;
  let written = 0;
  const limit = cutAfterBytes ?? Number.POSITIVE_INFINITY;

  function takeReply(chunk: Buffer): Buffer {
    if (mode() === "swallowReplies") {
      swallowed = true;
      onSwallowed(chunk.length);
      return chunk.subarray(0, 0);
    }
    const part = chunk.subarray(0, limit - taken);
    taken += part.length;
    if (limit === 0) abort();
    return part;
  }

  function replyWritten(bytes: number): void {
    written += bytes;
    if (written >= limit) abort();
  }

  function open(): void {
    const where = "path" in target ? { path: target.path } : { host: target.host, port: target.port };
    const server = connect({ ...where, allowHalfOpen: true, noDelay: true });
    upstream = server;
    const toServer = { from: client, to: server, mode, take: (chunk: Buffer) => chunk, onWritten: () => {} };
    const toClient = { from: server, to: client, mode, take: takeReply, onWritten: replyWritten };
    flows = [createFlow(toServer), createFlow(toClient)];
    watch(server);
  }

  // An end that breaks takes the other one along, but no news passes a blackhole.
  function watch(socket: Socket): void {
    socket.on("error", () => {}); // "close" follows
    socket.on("close", (hadError) => {
      broken ||= hadError;
      if (broken && mode() !== "blackhole") abort();
      if (client.closed && (upstream?.closed ?? true)) onClosed();
    });
  }

  function abort(): void {
    for (const flow of flows) flow.end();
    reset(client);
    if (upstream !== undefined) reset(upstream);
  }

  function modeChanged(): void {
    const current = mode();
    const lossTold = swallowed && current !== "swallowReplies";
    if (current === "reset" || lossTold || (broken && current !== "blackhole")) {
      abort();
      return;
    }
    if (upstream === undefined && current !== "blackhole") open();
    for (const flow of flows) flow.kick();
  }

  watch(client);
  modeChanged();
  return { modeChanged, portAtTarget: () => upstream?.localPort, abort };
}

/** Unix sockets know no RST: closing one with unread data is the nearest there is. */
function reset(socket: Socket): void {
  if (socket.destroyed) return;
  if (socket.remoteAddress === undefined) socket.destroy();
  else socket.resetAndDestroy();
}
