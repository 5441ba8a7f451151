import cluster, { type Worker } from "node:cluster";
import { hearWorkers, tellWorker } from "../ipc/channel.js";
import type { Component } from "../process/lifecycle.js";

/** Between two calls of a worker, and how long it may take to answer one, in milliseconds. */
const CALL_EVERY_MS = 1000;
const SILENT_AFTER_MS = 2500;

/** Knows which workers hang: metrics tell that, too, but to ask for them more often would shorten the time that their lag is taken over. */
export interface RollCall extends Component {
  /** Process numbers of the workers that have been ready and do not answer. */
  silent(): ReadonlySet<number>;
}

/** Calls from `start` on the workers that say that they are ready. One that does not answer is not called again until it does. */
export function createRollCall(): RollCall {
  /** Since when each has owed an answer, if it does. */
  const owing = new Map<Worker, number | undefined>();
  let timer: NodeJS.Timeout | undefined;
  let stopHearing = (): void => {};
  /** A word may come after the end of its worker. */
  function answered(_message: unknown, worker: Worker): void {
    if (!worker.isDead()) owing.set(worker, undefined);
  }
  const ended = (worker: Worker): void => void owing.delete(worker);

  function call(): void {
    for (const [worker, sinceMs] of owing) {
      if (sinceMs !== undefined) continue;
      owing.set(worker, performance.now());
      tellWorker(worker, { type: "shoal:call" });
    }
  }

  return {
    name: "roll call",
    async start() {
      stopHearing = hearWorkers({ "shoal:ready": answered, "shoal:here": answered });
      cluster.on("exit", ended);
      timer = setInterval(call, CALL_EVERY_MS);
    },
    async stop() {
      clearInterval(timer);
      cluster.off("exit", ended);
      stopHearing();
    },
    silent() {
      const limitMs = performance.now() - SILENT_AFTER_MS;
      const late = [...owing].filter(([, sinceMs]) => sinceMs !== undefined && sinceMs < limitMs);
      return new Set(late.map(([{ process }]) => process.pid ?? 0));
    },
  };
}
