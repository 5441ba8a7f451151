import type { IoSocket } from "./io.js";

const NO_HEADERS = Object.freeze({});
const NO_LINES: string[] = [];

/**
 * Lets go of the headers that a connection came with, once nobody needs them any more: its request and its handshake would keep
 * them for life. Those of a browser behind proxies, with cookies, take as much as the rest of an idle connection.
 */
export function letHeadersGo({ request, handshake }: IoSocket): void {
  handshake.headers = NO_HEADERS;
  request.headers = NO_HEADERS;
  request.rawHeaders = NO_LINES;
}
