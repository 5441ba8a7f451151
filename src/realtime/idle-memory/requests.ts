import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket as NetSocket } from "node:net";
import { responseListener } from "./internals.js";
import { createTableTightener, hasListenerTable } from "./tight.js";

/** Strings that are kept to be shared, and the longest of them. */
const SHARED_STRINGS = 1000;
const SHARED_CHARS = 512;

/** Headers whose values many clients have in common; what identifies a client or lets it in is not to outlive it. */
const COMMON_HEADERS = new Set([
  ...[
    "accept",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "connection",
    "host",
    "origin",
    "pragma",
  ],
  ...["sec-websocket-extensions", "sec-websocket-version", "upgrade", "user-agent"],
]);
/** A URL and a query without anything of the client's own. */
const COMMON_URL = /^[^?]*\?EIO=\d&transport=websocket$/;
const COMMON_PARAMETERS = new Set(["EIO", "transport"]);

/** The requests that connections were made by. */
export interface Requests {
  /** Engine.IO middleware. */
  onHandshake(request: IncomingMessage, response: ServerResponse, next: () => void): void;
  /** To be called once the connection is established. */
  shrink(wire: NetSocket): void;
}

/** Engine.IO keeps the query there, which becomes that of the socket's handshake. */
function queryOf(request: IncomingMessage & { readonly _query?: Record<string, unknown> }) {
  return request._query ?? {};
}

/**
 * Makes what is kept of handshakes small. The response goes, with which nobody can answer any more, unless somebody listens
 * to it. The request stays, the same object with the same content and what middleware has put there; it shares the
 * strings that many have in common, such as the names of headers and of browsers.
 */
export function createRequests(): Requests {
  const responses = new WeakMap<NetSocket, ServerResponse>();
  const strings = new Map<string, string>();
  const tighten = createTableTightener();

  function shared(value: string): string {
    if (value.length > SHARED_CHARS) return value;
    const known = strings.get(value);
    if (known !== undefined) return known;
    if (strings.size >= SHARED_STRINGS) strings.clear();
    strings.set(value, value);
    return value;
  }

  function shareIn(values: Record<string, unknown>, common: ReadonlySet<string>): void {
    for (const name of common) {
      const value = values[name];
      if (typeof value === "string") values[name] = shared(value);
    }
  }

  /** Names and values by turns. */
  function sharedRaw(raw: readonly string[]): string[] {
    return raw.map((text, index) => {
      const isCommon = index % 2 === 0 || COMMON_HEADERS.has(raw[index - 1]?.toLowerCase() ?? "");
      return isCommon ? shared(text) : text;
    });
  }

  return {
    onHandshake(request, response, next) {
      if (request.headers.upgrade !== undefined) responses.set(request.socket, response);
      next();
    },
    shrink(wire) {
      const response = responses.get(wire);
      if (response === undefined) return;
      responses.delete(wire);
      const { req: request } = response;
      const listener = response.eventNames().length === 0 ? responseListener(wire) : undefined;
      if (listener !== undefined) wire.off("close", listener);
      shareIn(request.headers, COMMON_HEADERS);
      shareIn(queryOf(request), COMMON_PARAMETERS);
      if (COMMON_URL.test(request.url ?? "")) request.url = shared(request.url ?? "");
      request.httpVersion = shared(request.httpVersion);
      request.rawHeaders = sharedRaw(request.rawHeaders);
      if (hasListenerTable(request)) tighten(request);
    },
  };
}
