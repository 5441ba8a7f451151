import type { IncomingMessage } from "node:http";
import type { TrustProxy } from "../config/values.js";
import type { Logger } from "../process/logger.js";

/**
 * To be called with handshakes that are refused for the rate of their address. Says once what is most likely wrong when it is a proxy that
 * nobody has named: all clients behind it share its rate.
 */
export function createProxyHint(trustProxy: TrustProxy, log: Logger): (request: IncomingMessage) => void {
  let isSaid = false;
  return ({ headers, socket }) => {
    if (isSaid || trustProxy !== false || headers["x-forwarded-for"] === undefined) return;
    isSaid = true;
    log.warn(
      { address: socket.remoteAddress },
      "an address that forwards for others is refused handshakes: TRUST_PROXY does not name it",
    );
  };
}
