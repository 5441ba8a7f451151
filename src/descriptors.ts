import { readdirSync, readFileSync } from "node:fs";

/** Descriptors that are kept for all but clients: stores, files, connections that are refused, and those on their way. */
const RESERVE = 64;
/** The same as a part of the limit. */
const RESERVE_SHARE = 0.05;
/** What is taken for the limit where the system does not tell it. */
const UNLIMITED = 1_000_000;

/**
 * How many client connections this process can hold besides what it has open now: its limit of open files less a reserve.
 * Read from /proc; where there is none, the limit counts as 1,000,000.
 */
export function descriptorCapacity(): number {
  const limit = descriptorLimit();
  return Math.max(1, limit - openDescriptors() - Math.max(RESERVE, Math.ceil(limit * RESERVE_SHARE)));
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
