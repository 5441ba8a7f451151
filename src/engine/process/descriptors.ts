import { readdirSync, readFileSync, statSync } from "node:fs";

/** Descriptors that are kept for all but clients: stores, files, connections that are refused, and those on their way. */
const RESERVE = 64;
/** The same as a part of the limit. */
const RESERVE_SHARE = 0.05;
/** What is taken for the limit where the system does not tell it. */
const UNLIMITED = 1_000_000;

/**
 * How many client connections this process can hold besides its open descriptors: its limit of open files less a reserve.
 * Read from /proc; where there is none, the limit counts as 1,000,000.
 */
export function descriptorCapacity(): number {
  return Math.max(1, allButReserve() - openDescriptors());
}

/**
 * Tells at each call whether only the reserve is left, whatever uses the other descriptors. Linux tells from 6.2 on how many are
 * open, for some microseconds; elsewhere the answer is always no.
 */
export function createShortage(): () => boolean {
  const most = allButReserve();
  return () => (statSync("/proc/self/fd", { throwIfNoEntry: false })?.size ?? 0) >= most;
}

function allButReserve(): number {
  const limit = descriptorLimit();
  return limit - Math.max(RESERVE, Math.ceil(limit * RESERVE_SHARE));
}

/** The soft limit of open files (`ulimit -n`). */
export function descriptorLimit(): number {
  const [, soft] = /^Max open files\s+(\d+)/m.exec(read("/proc/self/limits")) ?? [];
  return soft === undefined ? UNLIMITED : Number(soft);
}

function openDescriptors(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return 0;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
