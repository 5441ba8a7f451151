import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { OriginCheck } from "../../origin.js";
import { answerEmpty, isPoll } from "./empty-poll.js";
import { createFirstRequests } from "./first-request.js";
import { CLIENT_ADDRESS_HEADER } from "./hop-headers.js";
import type { Peer, Peers } from "./peers.js";
import { sessionIdIn } from "./session-owner.js";

type OnRequest = (request: IncomingMessage, response: ServerResponse) => void;
type OnUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Stands in front of the HTTP server's handlers and gives to peers what is about their sessions. */
export interface SessionRouter {
  /** Takes its place; whatever handles requests is there by then. */
  start(): void;
  /** A new connection of a client. */
  accept(socket: Socket): void;
  /** A client's connection that a peer gives away after it has read `bytes`. Whatever else comes to the HTTP server are peers. */
  adopt(socket: Socket, bytes: Uint8Array): void;
  /** Gives back the connections on which nothing was asked yet, while that takes no longer than `GIVE_BACK_MS`. */
  stop(): Promise<void>;
}

/** Longest time to give connections back, in milliseconds. */
const GIVE_BACK_MS = 500;

/** `path`: the one of Engine.IO. */
export function createSessionRouter(
  httpServer: HttpServer,
  path: string,
  peers: Peers,
  isAllowedOrigin: OriginCheck,
): SessionRouter {
  const clients = new WeakSet<Duplex>();
  const first = createFirstRequests();

  function peerFor(request: IncomingMessage): Peer | undefined {
    if (!clients.has(request.socket)) return undefined; // forwarded already: never twice
    const sessionId = sessionIdIn(request.url ?? "", path);
    return sessionId === undefined ? undefined : peers.peerOf(sessionId);
  }

  function route(request: IncomingMessage, response: ServerResponse, here: OnRequest): void {
    if (!clients.has(request.socket)) believe(request);
    const peer = request.method === "GET" || request.method === "POST" ? peerFor(request) : undefined;
    if (!peer?.isThere()) here(request, response);
    else if (isPoll(request)) answerEmpty(request, response, isAllowedOrigin);
    else peer.forward(request, response, () => here(request, response));
  }

  function routeUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, here: OnUpgrade): void {
    const peer = peerFor(request);
    if (!peer?.isThere() || !(socket instanceof Socket)) here(request, socket, head);
    else peer.handOver(socket, bytesOf(request, head));
  }

  function adopt(socket: Socket, bytes: Uint8Array): void {
    clients.add(socket);
    httpServer.emit("connection", socket);
    socket.emit("data", Buffer.from(bytes)); // as node:http hears it
  }

  /** Most connections carry one session: with its owner from the first request on, they need nobody in between. */
  function accept(socket: Socket): void {
    first.of(socket, (bytes, url) => {
      const sessionId = sessionIdIn(url, path);
      const peer = sessionId === undefined ? undefined : peers.peerOf(sessionId);
      if (peer?.isThere()) peer.handOver(socket, bytes);
      else adopt(socket, bytes);
    });
  }

  return {
    start() {
      const onRequest = takeListeners(httpServer, "request") as OnRequest[];
      const onUpgrade = takeListeners(httpServer, "upgrade") as OnUpgrade[];
      httpServer.on("request", (request, response) =>
        route(request, response, (...args) => {
          for (const listener of onRequest) listener.apply(httpServer, args);
        }),
      );
      httpServer.on("upgrade", (request, socket, head) =>
        routeUpgrade(request, socket, head, (...args) => {
          for (const listener of onUpgrade) listener.apply(httpServer, args);
        }),
      );
    },
    accept,
    adopt,
    async stop() {
      const given = Promise.all(first.release().map(peers.giveBack));
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, GIVE_BACK_MS);
      });
      await Promise.race([given, late]);
      clearTimeout(timer);
    },
  };
}

/** The address that the peer saw, for whoever asks for the client's. */
function believe(request: IncomingMessage): void {
  const address = request.headers[CLIENT_ADDRESS_HEADER];
  if (typeof address !== "string" || address === "") return;
  delete request.headers[CLIENT_ADDRESS_HEADER];
  Object.defineProperty(request.socket, "remoteAddress", { value: address, configurable: true });
}

function takeListeners(httpServer: HttpServer, event: "request" | "upgrade"): unknown[] {
  const listeners = httpServer.listeners(event);
  httpServer.removeAllListeners(event);
  return listeners;
}

/** The request as it came: the sibling reads it from the connection's beginning. */
function bytesOf({ method, url, httpVersion, rawHeaders }: IncomingMessage, head: Buffer): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), head]);
}
