import { type ClockReading, leastSkewMs } from "../../engine/process/clock-reading.js";
import { type Finding, fail, ok, warn } from "./check.js";

/** Somebody's clock. */
export interface Clock {
  readonly of: string;
  readonly reading: ClockReading;
}

/** Tokens are taken with a difference of 5 s; half of it is a reason to look, in milliseconds. */
const SKEW_MS = { warn: 2500, fail: 5000 } as const;

/** How far this machine's clock is from those that it works with. */
export function clockFinding(clocks: readonly Clock[]): Finding {
  if (clocks.length === 0) return ok("there is no other clock to compare with");
  const skews = clocks.map(({ of, reading }) => ({ of, ms: leastSkewMs(reading) }));
  const most = Math.max(...skews.map(({ ms }) => ms));
  const list = skews.map(({ of, ms }) => `${of} ${(ms / 1000).toFixed(1)} s`).join(", ");
  if (most < SKEW_MS.warn) return ok(`differs from that of ${list}, at least`);
  const line = `differs from that of ${list}, at least: from 5 s on good tokens are refused and expired ones taken`;
  const advice = "keep the clocks of all machines by NTP";
  return most < SKEW_MS.fail ? warn(line, advice) : fail(line, advice);
}
