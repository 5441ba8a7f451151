import type { IncomingMessage } from "node:http";

/**
 * Says whether a browser page of the request's origin may use the service. Requests without an Origin header (not
 * from a browser, or same-origin reads) and those of the service's own pages always may.
 */
export type OriginCheck = (request: Pick<IncomingMessage, "headers">) => boolean;

/** CORS protects only what browsers fetch: a WebSocket handshake has to be checked by the server itself. */
export function createOriginCheck(allowed: "*" | readonly string[]): OriginCheck {
  return (request) => {
    const { origin, host } = request.headers;
    if (origin === undefined || allowed === "*" || allowed.includes(origin.toLowerCase())) return true;
    return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
  };
}
