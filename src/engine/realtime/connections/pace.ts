import type { Rate } from "../../config/values.js";
import type { Connection } from "./connection.js";

/** Time between two looks whether a connection that is held has ended, in milliseconds. */
const LOOK_EVERY_MS = 1000;

/** Reads a client no faster than it may send. */
export interface Pace {
  /** A packet has come, of whatever kind, of so many characters or bytes. */
  took(connection: Connection, size: number): void;
}

export interface PacketRate extends Rate {
  /** A packet counts once, and once more for each of so many characters or bytes. */
  readonly sizePerPacket: number;
}

/**
 * Lets each connection send so many packets a second, and so many at once after a rest. What is beyond is not refused but read later: the
 * connection is held until the time of what was read has come. `now` is in milliseconds.
 */
export function createPace({ perSecond, burst, sizePerPacket }: PacketRate, now: () => number): Pace {
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
    took(connection, size) {
      const packets = 1 + size / sizePerPacket;
      connection.pacedUntilMs = Math.max(connection.pacedUntilMs, now()) + packets * msPerPacket;
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
