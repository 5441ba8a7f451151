import type { Component } from "../process/lifecycle.js";
import type { Logger } from "../process/logger.js";
import type { StopTimes } from "../process/stop-times.js";
import type { BegunRequests } from "./begun-requests.js";
import type { Delays } from "./delays.js";
import type { InFlight } from "./in-flight.js";

/**
 * The waiting part of a stop: what was put off begins, headers of which the beginning has come arrive, and open requests finish, or are given up
 * when their time is over. It must stop before Socket.IO does, which ends all connections.
 */
export function createHttpDrain(
  delays: Delays,
  begun: BegunRequests,
  inFlight: InFlight,
  { requestsMs, beginningsMs }: Pick<StopTimes, "requestsMs" | "beginningsMs">,
  log: Logger,
): Component {
  return {
    name: "http",
    async start() {},
    async stop() {
      const endMs = performance.now() + requestsMs;
      delays.end();
      await begun.ended(beginningsMs);
      const left = await inFlight.drained(endMs - performance.now());
      if (left > 0) log.warn({ requests: left }, "requests cut off by the shutdown timeout");
    },
  };
}
