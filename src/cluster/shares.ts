import cluster, { type Worker } from "node:cluster";
import { isWorkerMessage, type PrimaryMessage } from "../ipc.js";
import type { Component } from "../lifecycle.js";

/** A rush is over when no worker has told of connections for so long, in milliseconds. */
const QUIET_MS = 500;
/** A worker is ahead with so many connections more than another, and this part of what the other has got, until it is half of that. */
const LEAD = 4;
const LEAD_PART = 0.2;

/**
 * Sees to it that workers get equally many connections. Usually they give back each one that they accept, and the primary gives it
 * to the next; in a rush they keep it, but for those that are ahead: the kernel wakes all, and the first takes what is there.
 */
export interface Shares extends Component {
  /** The one of these workers to be given the next connection, which counts as given. */
  next(workers: readonly Worker[]): Worker | undefined;
}

/** Among the workers that `routable` names. */
export function createShares(routable: () => readonly Worker[]): Shares {
  const counts = new Map<Worker, number>();
  const ahead = new Set<Worker>();
  let turn = 0;
  let quiet: NodeJS.Timeout | undefined;

  /** Of this rush; a new worker begins as one of those that have got the fewest. */
  function countOf(worker: Worker): number {
    const known = counts.get(worker) ?? Math.min(...counts.values());
    counts.set(worker, known);
    return known;
  }

  function balance(): void {
    const workers = routable();
    const fewest = Math.min(...workers.map(countOf));
    const limit = LEAD + LEAD_PART * fewest;
    for (const worker of workers) {
      const lead = countOf(worker) - fewest;
      if (lead > limit) tell(worker, true);
      else if (lead <= limit / 2) tell(worker, false);
    }
  }

  function tell(worker: Worker, isAhead: boolean): void {
    if (ahead.has(worker) === isAhead) return;
    if (isAhead) ahead.add(worker);
    else ahead.delete(worker);
    const message: PrimaryMessage = { type: "shoal:ahead", ahead: isAhead };
    if (worker.isConnected()) worker.send(message, () => {});
  }

  function calm(): void {
    clearTimeout(quiet);
    quiet = undefined;
    // Who leaves is to give back what it accepts in any case.
    for (const worker of routable()) tell(worker, false);
    ahead.clear();
    counts.clear();
  }

  function onMessage(worker: Worker, message: unknown): void {
    if (!isWorkerMessage(message) || message.type !== "shoal:accepted") return;
    if (quiet === undefined) for (const one of routable()) counts.set(one, 0);
    quiet ??= setTimeout(calm, QUIET_MS);
    quiet.refresh();
    counts.set(worker, countOf(worker) + message.connections);
    balance();
  }

  function onExit(worker: Worker): void {
    counts.delete(worker);
    ahead.delete(worker);
  }

  return {
    name: "shares",
    async start() {
      cluster.on("message", onMessage).on("exit", onExit);
    },
    async stop() {
      cluster.off("message", onMessage).off("exit", onExit);
      calm();
    },
    next(workers) {
      const worker = workers[turn % workers.length];
      if (worker === undefined) return undefined;
      turn += 1;
      if (quiet !== undefined) {
        counts.set(worker, countOf(worker) + 1);
        balance();
      }
      return worker;
    },
  };
}
