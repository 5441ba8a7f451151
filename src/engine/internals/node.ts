import type { IncomingMessage } from "node:http";

// Node's `http.IncomingMessage` beyond its documentation, which lets `headers` be read only.

const NO_HEADERS = Object.freeze({});
const NO_LINES: string[] = [];

/** A Socket.IO socket, as far as its headers go. */
export interface WithHeaders {
  readonly request: IncomingMessage;
  readonly handshake: { headers: object };
}

/**
 * Releases the headers of a connection's request once they were read: the request and the handshake would keep
 * them for the life of the connection. Those of a browser behind proxies, with cookies, take as much as the rest of an idle connection.
 */
export function releaseHeaders({ request, handshake }: WithHeaders): void {
  handshake.headers = NO_HEADERS;
  request.headers = NO_HEADERS;
  request.rawHeaders = NO_LINES;
}

/** Tries it with a connection that nobody needs. */
export function canReleaseHeaders(socket: WithHeaders): boolean {
  releaseHeaders(socket);
  const { request, handshake } = socket;
  return [request.headers, handshake.headers, request.rawHeaders].every(
    (kept) => Object.keys(kept).length === 0,
  );
}
