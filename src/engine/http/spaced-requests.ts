import type { Socket } from "node:net";
import type { RateSetting } from "../config/values.js";
import { createRateBuckets } from "../trust/limits/rate-buckets.js";
import type { Delays } from "./delays.js";
import type { SlowRefusals } from "./slow-refusals.js";

/** As many times as fast as they are earned: what was earned meanwhile is served in half that time. */
const TIMES_THE_RATE = 2;
/** Who would wait longer does not wait, in milliseconds: rates may be slow and bursts large, and a request is not to wait until it is given up. */
const MOST_MS = 2000;

/** Begins requests that are let in, those of some addresses one after the other. */
export interface SpacedRequests {
  /** Begins one when its time has come; at once, unless others of its address were begun just before. Never, when its connection has ended by then. */
  space(address: string, socket: Socket, begin: () => void): void;
}

/**
 * Requests of an address of which refusals wait come no closer together than at twice its rate: what such an address earns meanwhile would be
 * served at once to whoever of its connections comes back first, while everybody else waits. At most as many of an address wait as its burst, as
 * each was let in. `now` is in milliseconds.
 */
export function createSpacedRequests(
  rate: RateSetting,
  refusals: Pick<SlowRefusals, "isWaiting">,
  delays: Delays,
  now: () => number,
): SpacedRequests {
  if (rate === "off") return { space: (_address, _socket, begin) => begin() };
  const places = createRateBuckets({ perSecond: TIMES_THE_RATE * rate.perSecond, burst: 1 }, now);

  return {
    space(address, socket, begin) {
      if (!refusals.isWaiting(address) || delays.haveEnded()) return begin();
      const waitMs = Math.ceil(places.waitMs(address));
      if (waitMs > MOST_MS) return begin();
      places.charge(address, 1);
      if (waitMs === 0) return begin();
      delays.after(waitMs, () => {
        if (!socket.destroyed) begin();
      });
    },
  };
}
