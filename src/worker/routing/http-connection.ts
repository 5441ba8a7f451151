import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

// What is used of node:http beyond its documentation (lib/_http_server.js). `missingForForward` tries all of it at the start.

type OnIncoming = (request: IncomingMessage, keepAlive: boolean) => number;

/** What the HTTP server hangs on its connections. */
interface Served {
  readonly parser?: { onIncoming: OnIncoming } | null;
  /** The oldest answer that is not with the kernel yet. */
  readonly _httpMessage?: ServerResponse | null;
}

interface ConnectionsList {
  all(): { readonly socket: Socket }[];
  /** Those whose last request has come whole, and of the next one not a byte. */
  idle(): { readonly socket: Socket }[];
}

/** Tells the parser that the connection is not HTTP any more, as for an upgrade: it reads neither body nor anything else. */
const LEAVE_HTTP = 2;

/**
 * Asks about each request of a connection, when its header has come and before there is a response. Those that `mayLeave`
 * accepts are emitted as "upgrade", whatever they are: with all that was read after the header, and without the HTTP server,
 * which has let go of the connection. @throws when the server does not have the connection.
 */
export function watchRequests(socket: Socket, mayLeave: (request: IncomingMessage) => boolean): void {
  const { parser } = socket as Served;
  if (parser == null) throw new Error("the HTTP server does not have this connection");
  const deliver = parser.onIncoming;
  parser.onIncoming = (request, keepAlive) => {
    if (!mayLeave(request)) return deliver(request, keepAlive);
    markUpgrade(request, true);
    return LEAVE_HTTP;
  };
}

/** Has the HTTP server take a request for one that upgrades, or for one that does not. */
export function markUpgrade(request: IncomingMessage, upgrade: boolean): void {
  Object.assign(request, { upgrade });
}

/** Whether there are answers on this connection of which not all is with the kernel. */
export function isAnswering(socket: Socket): boolean {
  return (socket as Served)._httpMessage != null;
}

/** The connections that the HTTP server has: true for those that are between two requests. Empty before `superviseConnections`. */
export function connectionsOf(httpServer: HttpServer): Map<Socket, boolean> {
  const list = connectionsList(httpServer);
  const connections = new Map(list?.all().map(({ socket }) => [socket, false]));
  for (const { socket } of list?.idle() ?? []) connections.set(socket, true);
  return connections;
}

/** Has the HTTP server hold the time limits for requests, and know its connections, although it does not listen by itself. */
export function superviseConnections(httpServer: HttpServer): void {
  httpServer.emit("listening");
}

function connectionsList(httpServer: HttpServer): ConnectionsList | undefined {
  const symbols = Object.getOwnPropertySymbols(httpServer);
  const key = symbols.find(({ description }) => description === "http.server.connections");
  return key && (httpServer as HttpServer & Readonly<Record<symbol, ConnectionsList | undefined>>)[key];
}
