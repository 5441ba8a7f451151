import type { IoSocket } from "./io.js";

const NO_HEADERS = Object.freeze({});
const NO_LINES: string[] = [];

/**
 * Releases the headers of a connection's request once they were read: the request and the handshake would keep
 * them for the life of the connection. Those of a browser behind proxies, with cookies, take as much as the rest of an idle connection.
 */
export function letHeadersGo({ request, handshake }: IoSocket): void {
  handshake.headers = NO_HEADERS;
  request.headers = NO_HEADERS;
  request.rawHeaders = NO_LINES;
}
