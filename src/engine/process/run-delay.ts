import { readdirSync, readFileSync } from "node:fs";

/**
 * Tells for how long the threads of a process have been ready to run and have waited for a processor, in milliseconds, added up. It
 * never falls: what threads have waited that have ended since still counts. Linux tells; elsewhere the answer is 0.
 */
export function createRunDelay(pid: number): () => number {
  const tasks = `/proc/${pid}/task`;
  const waitedMs = new Map<string, number>();

  return () => {
    for (const task of namesIn(tasks)) {
      const ms = delayIn(`${tasks}/${task}/schedstat`);
      if (ms !== undefined) waitedMs.set(task, ms);
    }
    return [...waitedMs.values()].reduce((sum, ms) => sum + ms, 0);
  };
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // the process has ended, or this is another system
  }
}

/** The file has nanoseconds on a processor, nanoseconds of waiting, and the number of turns. */
function delayIn(file: string): number | undefined {
  try {
    const [, waitedNs = "0"] = readFileSync(file, "latin1").split(" ");
    return Number(waitedNs) / 1e6;
  } catch {
    return undefined; // the thread has ended since the look
  }
}
