import { readdirSync, readFileSync } from "node:fs";
import { isAlive } from "../support/process-table.js";
import type { Shoal } from "../support/spawn-shoal.js";

/** What a process has taken. */
export interface Footprint {
  readonly pid: number;
  readonly role: string;
  readonly residentMiB: number;
  readonly descriptors: number;
}

/** Of all processes of an instance, the primary first. */
export function footprints({ pid, workers }: Shoal): Footprint[] {
  const all = [["primary", pid], ...[...workers()].map(([slot, one]) => [`worker ${slot}`, one])] as [
    string,
    number,
  ][];
  // With one worker there is one process.
  const own = all.filter(
    ([role, one]) => role !== "primary" || all.every(([other, same]) => other === role || same !== one),
  );
  return own.map(([role, one]) => ({ pid: one, role, ...measure(one) }));
}

function measure(pid: number): { residentMiB: number; descriptors: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return {
    residentMiB: Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  };
}

/** How much of each a process may have of what it had before, see {@link judgeFootprints}. */
export interface FootprintBounds {
  readonly ratio: number;
  /** Beside what it had. */
  readonly moreDescriptors: number;
}

/** What is wrong with the processes: others than before, ended, grown. Both lists were taken at rest, the first one warm. */
export function judgeFootprints(
  before: readonly Footprint[],
  after: readonly Footprint[],
  bounds: FootprintBounds,
): string[] {
  const ended = before
    .filter(({ pid }) => !isAlive(pid))
    .map(({ role, pid }) => `${role} (${pid}) has ended`);
  const others = after.filter(({ pid }) => !before.some((one) => one.pid === pid));
  const grown = before.flatMap((old) => {
    const now = after.find(({ pid }) => pid === old.pid);
    if (now === undefined) return [];
    const { role, residentMiB, descriptors } = now;
    return [
      ...(residentMiB > bounds.ratio * old.residentMiB
        ? [`${role} has ${residentMiB} MiB after ${old.residentMiB}, more than ${bounds.ratio} times as much`]
        : []),
      ...(descriptors > old.descriptors + bounds.moreDescriptors
        ? [`${role} has ${descriptors} descriptors after ${old.descriptors}`]
        : []),
    ];
  });
  return [...ended, ...others.map(({ role, pid }) => `${role} (${pid}) was started meanwhile`), ...grown];
}
