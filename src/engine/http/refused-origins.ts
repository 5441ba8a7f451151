import type { IncomingMessage } from "node:http";
import { parseOrigin } from "../config/origins.js";
import { createLogThrottle } from "../process/log-throttle.js";
import type { Logger } from "../process/logger.js";

/** Of an origin that somebody has made up, in characters. */
const MOST_CHARACTERS = 200;

/**
 * To be called with handshakes that are refused for their origin, which no audit has: it records users. Says which origin that was,
 * at most once a minute for each and for a hundred of them; what cannot be an origin is not repeated.
 */
export function createRefusedOrigins(
  log: Logger,
  nowMs: () => number,
): (request: Pick<IncomingMessage, "headers">) => void {
  const throttle = createLogThrottle(nowMs);
  return ({ headers }) => {
    const { origin: text = "" } = headers;
    // Pages in a sandbox have "null".
    const origin = text === "null" ? text : (parseOrigin(text) ?? "unreadable").slice(0, MOST_CHARACTERS);
    const count = throttle(origin);
    if (count === undefined) return;
    log.warn({ origin, count }, "handshakes from an origin are refused: CORS_ORIGIN does not have it");
  };
}
