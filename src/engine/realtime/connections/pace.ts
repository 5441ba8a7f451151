import type { Rate } from "../../config/values.js";
import type { Connection } from "./connection.js";

/** Time between two looks whether a connection that is held has ended, in milliseconds. */
const LOOK_EVERY_MS = 1000;

/** Reads a client no faster than it may send. */
export interface Pace {
  /** A packet has come, of whatever kind. */
  took(connection: Connection): void;
}

/**
 * Lets each connection send so many packets a second, and so many at once after a rest. What is beyond is not refused but read later: the
 * connection is held until the time of what was read has come. `now` is in milliseconds.
 */
export function createPace({ perSecond, burst }: Rate, now: () => number): Pace {
  const msPerPacket = 1000 / perSecond;

  /** How much too early the connection is. */
  function earlyMs(connection: Connection): number {
    return connection.pacedUntilMs - now() - burst * msPerPacket;
  }

  function resume(connection: Connection): void {
    const waitMs = earlyMs(connection);
    if (waitMs > 0 && connection.raw.readyState === "open") {
      wait(connection, waitMs);
      return;
    }
    connection.isPaced = false;
    connection.release();
  }

  function wait(connection: Connection, waitMs: number): void {
    setTimeout(resume, Math.min(waitMs, LOOK_EVERY_MS), connection).unref();
  }

  return {
    took(connection) {
      connection.pacedUntilMs = Math.max(connection.pacedUntilMs, now()) + msPerPacket;
      const waitMs = earlyMs(connection);
      if (waitMs <= 0 || connection.isPaced) return;
      connection.isPaced = true;
      connection.hold();
      wait(connection, waitMs);
    },
  };
}

/** Where events have no limit. */
export const NO_PACE: Pace = { took() {} };
