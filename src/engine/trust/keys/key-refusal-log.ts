import { createLogThrottle } from "../../process/log-throttle.js";
import type { Logger } from "../../process/logger.js";

/** Why a key is not taken, for the log; clients are told the same, whatever it is. */
export interface KeyRefusal {
  readonly reason:
    | "there is none"
    | "it is of another form"
    | "there is no such key"
    | "its secret is another one";
  /** Its name; undefined where it is none, or may be a secret. */
  readonly kid?: string | undefined;
}

/**
 * Tells why keys are refused: of each reason the first one at once, and then at most a line a minute with how many there were, and the last one's
 * name. Each one is told at level debug. `nowMs` is monotonic.
 */
export function createKeyRefusalLog(log: Logger, nowMs: () => number): (refusal: KeyRefusal) => void {
  const throttle = createLogThrottle(nowMs);

  return ({ reason, kid }) => {
    log.debug({ reason, kid }, "key refused");
    // Names are at the will of whoever sends them: they must not make lines.
    const count = throttle(reason);
    if (count !== undefined) log.info({ reason, kid, count }, "keys of the server API are refused");
  };
}
