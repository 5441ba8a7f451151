import { descriptorLimit } from "./descriptors.js";
import { createLogThrottle } from "./log-throttle.js";
import type { Logger } from "./logger.js";

/**
 * Says in the log that connections find no room, at most once a minute: whoever is turned away before HTTP is in no metric.
 * `message` says what they get, and of whom.
 */
export function createNoRoomLog(log: Logger, message: string): () => void {
  const throttle = createLogThrottle(() => performance.now());
  return () => {
    const count = throttle(message);
    if (count !== undefined) log.warn({ count, files: descriptorLimit() }, message);
  };
}
