import { readdirSync, readFileSync } from "node:fs";

/** Linux tells CPU times in hundredths of a second, whatever the kernel counts in (proc(5), USER_HZ). */
const TICKS_PER_SECOND = 100;

/** CPU time that these processes have used since they began, in user and system mode, in seconds. Those that ended count 0. */
export function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const fields = statFields(pid);
    return sum + (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_PER_SECOND;
  }, 0);
}

/** Resident memory of these processes, in bytes. */
export function residentBytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const [, kilobytes = "0"] = /^VmRSS:\s+(\d+)/m.exec(readProc(`${pid}/status`)) ?? [];
    return sum + 1024 * Number(kilobytes);
  }, 0);
}

/** A process and all that stem from it. */
export function familyOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (/^\d+$/.test(name)) parents.set(Number(name), Number(statFields(Number(name))[1] ?? 0));
  }
  const family = [pid];
  for (const member of family) {
    for (const [child, parent] of parents) if (parent === member) family.push(child);
  }
  return family;
}

/** The fields of /proc/<pid>/stat from the third on: state, ppid, ... The second, the name, may hold blanks. */
function statFields(pid: number): string[] {
  const text = readProc(`${pid}/stat`);
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** Empty for a process that has ended. */
function readProc(name: string): string {
  try {
    return readFileSync(`/proc/${name}`, "utf8");
  } catch {
    return "";
  }
}
