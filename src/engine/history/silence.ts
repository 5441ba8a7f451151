import type { WorkerView } from "../../contract/instances.js";
import type { Logger } from "../process/logger.js";

/** Looks in a row without an answer that are told: with one it may have been busy for a moment. */
const LOOKS = 2;

/**
 * Tells of workers that hang, once each, and when they answer again. The others serve on, and so do the stores and the primary: nothing
 * else in the log says that some clients wait in vain.
 */
export function createSilenceLog(log: Logger): (workers: readonly WorkerView[]) => void {
  /** By process number, how many looks each did not answer. */
  let unanswered = new Map<number, number>();

  return (workers) => {
    const before = unanswered;
    unanswered = new Map();
    for (const { worker, pid, isSilent } of workers) {
      const looks = before.get(pid) ?? 0;
      if (isSilent) unanswered.set(pid, looks + 1);
      if (isSilent && looks + 1 === LOOKS) log.warn({ worker, workerPid: pid }, "worker does not answer");
      if (!isSilent && looks >= LOOKS) log.info({ worker, workerPid: pid }, "worker answers again");
    }
  };
}
