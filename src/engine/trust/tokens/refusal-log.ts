import { createLogThrottle } from "../../process/log-throttle.js";
import type { Logger } from "../../process/logger.js";
import type { TokenRefused } from "./token-refused.js";

/**
 * Tells why tokens are refused: of each reason the first one at once, and then at most a line a minute with how many there were, and what the
 * last of them had. Each one is told at level debug.
 */
export function createRefusalLog(log: Logger, nowMs: () => number): (refused: TokenRefused) => void {
  const throttle = createLogThrottle(nowMs);

  return ({ code, message: reason, found }) => {
    log.debug({ code, reason, found }, "token refused");
    // What was found is another one in each token, at the will of whoever sends it: it must not make lines.
    const count = throttle(reason);
    if (count !== undefined) log.info({ code, reason, found, count }, "tokens are refused");
  };
}
