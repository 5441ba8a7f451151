import { createLogThrottle } from "../../process/log-throttle.js";
import type { Logger } from "../../process/logger.js";
import type { TokenRefused } from "./verifier.js";

/**
 * Tells why tokens are refused: of each reason the first one at once, and then at most a line a minute with how many there were. Each one
 * is told at level debug.
 */
export function createRefusalLog(log: Logger, nowMs: () => number): (refused: TokenRefused) => void {
  const throttle = createLogThrottle(nowMs);

  return ({ code, message: reason }) => {
    log.debug({ code, reason }, "token refused");
    const count = throttle(reason);
    if (count !== undefined) log.info({ code, reason, count }, "tokens are refused");
  };
}
