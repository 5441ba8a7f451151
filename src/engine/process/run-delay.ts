import { readdirSync, readFileSync } from "node:fs";

/**
 * Time for which the threads of a process have been ready to run and have waited for a processor, in milliseconds, added up. Linux
 * tells; elsewhere, and of a process that is not there, the answer is 0.
 */
export function runDelayMs(pid: number): number {
  try {
    const tasks = `/proc/${pid}/task`;
    return readdirSync(tasks).reduce((sum, task) => sum + delayOf(`${tasks}/${task}/schedstat`), 0);
  } catch {
    return 0;
  }
}

/** The file has nanoseconds on a processor, nanoseconds of waiting, and the number of turns. */
function delayOf(file: string): number {
  const [, waitedNs = "0"] = readFileSync(file, "latin1").split(" ");
  return Number(waitedNs) / 1e6;
}
