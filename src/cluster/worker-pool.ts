import cluster, { type Worker } from "node:cluster";
import { fileURLToPath } from "node:url";
import type { Config } from "../config/config.js";
import type { Component } from "../lifecycle.js";
import type { Logger } from "../logger.js";
import { StartError } from "../start-error.js";
import { forkWorker, type PoolWorker, type WorkerExit } from "./pool-worker.js";
import { decide, EXIT_WINDOW_MS, type Exit } from "./respawn-policy.js";

/** Part of the shutdown time after which workers that still drain are killed. */
const KILL_SHARE = 0.8;

/** The workers of this instance: one per slot, replaced when they end. */
export interface WorkerPool extends Component {
  /** The workers that may be given new connections: neither booting nor on their way out. */
  routable(): Worker[];
  /** Ends every worker at once. */
  kill(): void;
}

/**
 * `start` resolves when every worker is ready and rejects with a {@link StartError} as soon as one cannot start.
 * Later, `onGiveUp` is called once if the workers keep crashing.
 */
export function createWorkerPool(
  config: Config,
  log: Logger,
  onGiveUp: (error: StartError) => void,
): WorkerPool {
  const workers = new Map<number, PoolWorker>();
  const respawns = new Map<number, NodeJS.Timeout>();
  const ready = new Set<number>();
  let exits: Exit[] = [];
  let phase: "starting" | "serving" | "stopping" = "starting";
  let settleStart: { resolve(): void; reject(error: StartError): void } | undefined;
  let onEmpty: (() => void) | undefined;

  function fork(slot: number): void {
    respawns.delete(slot);
    const boot = { type: "shoal:boot", slot, config } as const;
    const worker = forkWorker(boot, { onReady: () => onReady(slot), onExit: (exit) => onExit(slot, exit) });
    workers.set(slot, worker);
    log.debug({ worker: slot, workerPid: worker.node.process.pid }, "worker forked");
  }

  function onReady(slot: number): void {
    ready.add(slot);
    exits = exits.filter((exit) => exit.kind !== "failed"); // starting works again
    if (phase !== "starting" || ready.size < config.workers) return;
    phase = "serving";
    settleStart?.resolve();
  }

  function onExit(slot: number, exit: WorkerExit): void {
    workers.delete(slot);
    ready.delete(slot);
    tellSiblings(exit);
    if (phase === "stopping") {
      if (workers.size === 0) onEmpty?.();
      return;
    }
    if (phase === "starting" && exit.kind !== "killed" && exit.kind !== "left") {
      settleStart?.reject(startErrorOf(exit));
      return;
    }
    const level = exit.kind === "left" ? "info" : "error";
    log[level]({ worker: slot, kind: exit.kind, reason: exit.reason }, "worker ended");
    replace(slot, exit);
  }

  /** All of them: any one of them might be stuck, and they hear of it before any other way could tell them. */
  function tellSiblings({ siblingName }: WorkerExit): void {
    if (siblingName === undefined) return;
    for (const sibling of workers.values()) sibling.tell({ type: "shoal:ended", node: siblingName });
  }

  function replace(slot: number, exit: WorkerExit): void {
    const atMs = performance.now();
    exits = [...exits.filter((past) => past.atMs > atMs - EXIT_WINDOW_MS), { kind: exit.kind, atMs }];
    const decision = decide(exits);
    if (decision.action === "give up") {
      onGiveUp(new StartError(`Crash loop: ${decision.reason} (the last one: ${exit.reason})`));
      return;
    }
    respawns.set(slot, setTimeout(fork, decision.delayMs, slot));
  }

  async function start(): Promise<void> {
    // `advanced` carries binary chunks of request bodies between the primary and its workers.
    cluster.setupPrimary({
      exec: fileURLToPath(new URL("../main.js", import.meta.url)),
      serialization: "advanced",
    });
    const allReady = new Promise<void>((resolve, reject) => {
      settleStart = { resolve, reject };
    });
    for (let slot = 1; slot <= config.workers; slot += 1) fork(slot);
    await allReady.catch(async (error: unknown) => {
      await stop();
      throw error;
    });
  }

  async function stop(): Promise<void> {
    phase = "stopping";
    for (const timer of respawns.values()) clearTimeout(timer);
    if (workers.size === 0) return;
    const empty = new Promise<void>((resolve) => {
      onEmpty = resolve;
    });
    const timer = setTimeout(() => {
      log.error({ workers: [...workers.keys()] }, "workers killed: they did not stop in time");
      kill();
    }, config.shutdownTimeoutMs * KILL_SHARE);
    for (const worker of workers.values()) worker.retire();
    await empty;
    clearTimeout(timer);
  }

  function kill(): void {
    for (const worker of workers.values()) worker.kill();
  }

  return {
    name: "workers",
    start,
    stop,
    kill,
    routable: () => [...workers.values()].filter((worker) => worker.isRoutable()).map(({ node }) => node),
  };
}

function startErrorOf(exit: WorkerExit): StartError {
  return new StartError(
    exit.kind === "unavailable" ? exit.reason : `A worker could not start: ${exit.reason}`,
  );
}
