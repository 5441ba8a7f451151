import cluster, { type Worker } from "node:cluster";
import { hearWorkers, tellWorker } from "../ipc/channel.js";
import type { Component } from "../process/lifecycle.js";

/** A key set as it came, which the primary does not look into. */
interface KeptSet {
  readonly text: string;
  /** When it was asked for, of the performance clock of this process. */
  readonly ofMs: number;
}

/**
 * Keeps the newest key set of tokens that a worker has got, and passes it on: a worker that starts while the key server is away knows the keys
 * that the others know.
 */
export function createKeySetKeeper(): Component {
  let kept: KeptSet | undefined;
  let stopHearing = (): void => {};

  function pass(worker: Worker, { text, ofMs }: KeptSet): void {
    tellWorker(worker, { type: "shoal:key-set", text, ageMs: performance.now() - ofMs });
  }

  return {
    name: "key set",
    async start() {
      stopHearing = hearWorkers({
        "shoal:key-set"({ text, ageMs }, from) {
          const ofMs = performance.now() - ageMs;
          if (kept !== undefined && kept.ofMs >= ofMs) return;
          kept = { text, ofMs };
          for (const worker of Object.values(cluster.workers ?? {}))
            if (worker !== undefined && worker !== from) pass(worker, kept);
        },
        "shoal:key-set-wanted"(_message, worker) {
          if (kept !== undefined) pass(worker, kept);
        },
      });
    },
    async stop() {
      stopHearing();
    },
  };
}
