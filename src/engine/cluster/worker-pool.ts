import cluster, { type Worker } from "node:cluster";
import { fileURLToPath } from "node:url";
import type { WorkerStatus } from "../../contract/instances.js";
import type { ApiKey } from "../config/api-keys.js";
import type { Config } from "../config/config.js";
import type { History } from "../history/history.js";
import type { PrimaryMessage } from "../ipc/messages.js";
import type { Component } from "../process/lifecycle.js";
import type { Logger } from "../process/logger.js";
import { StartError } from "../process/start-error.js";
import { stopTimesOf } from "../process/stop-times.js";
import type { Ingress } from "../routing/primary/ingress.js";
import { forkWorker, type PoolWorker, startErrorOf, type WorkerExit } from "./pool-worker.js";
import { createReload, drainAll } from "./reload.js";
import { createRespawns } from "./respawns.js";

/** The workers of this instance: one per slot, replaced when they end. */
export interface WorkerPool extends Component {
  /** The workers that may be given new connections: neither booting nor on their way out. */
  routable(): Worker[];
  /** Whether this worker was told to end. */
  isRetired(worker: Worker): boolean;
  /** All workers send their clients away; none is replaced any more. Resolves when they are done or late. */
  drain(): Promise<void>;
  /**
   * Replaces one worker after the other: the new one first becomes ready, then the old one drains and ends. While one is under way,
   * another one follows it.
   * @throws {StartError} when a new one does not start; its predecessor and those after it serve on.
   */
  reload(): Promise<void>;
  /** Tells all workers. */
  tell(message: PrimaryMessage): void;
  /** How often the worker of each slot was replaced, for whatever reason. */
  restarts(): ReadonlyMap<number, number>;
  /** How often it had ended, so that it had to be. */
  ends(): ReadonlyMap<number, number>;
  /** All of them, in order of slots. */
  status(): readonly WorkerStatus[];
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
  socketDir: Ingress["prepareSocketDir"],
  keys: () => readonly ApiKey[],
  happened: History["happened"],
): WorkerPool {
  const slots = new Map<number, PoolWorker>();
  /** Those that have a successor, or are to have their slot. */
  const others = new Set<PoolWorker>();
  const respawns = createRespawns(fork, onGiveUp);
  const ready = new Set<number>();
  let phase: "starting" | "serving" | "draining" | "stopping" = "starting";
  let settleStart: { resolve(): void; reject(error: StartError): void } | undefined;

  const workers = (): PoolWorker[] => [...slots.values(), ...others];
  const isServing = (): boolean => phase === "serving"; // asked again after each wait

  function forkFor(slot: number, onReady: () => void, onExit: (exit: WorkerExit) => void): PoolWorker {
    const worker = forkWorker(slot, () => bootOf(slot), {
      onReady() {
        worker.tell({ type: "shoal:keys", keys: keys() }); // they may have changed while it booted
        happened("started", slot);
        onReady();
      },
      onRetiring: () => void retireDrained(worker),
      onLeaving: () => onLeaving(worker),
      onExit,
    });
    return worker;
  }

  function fork(slot: number): void {
    const worker = forkFor(
      slot,
      () => onReady(slot),
      (exit) => onExit(worker, exit),
    );
    slots.set(slot, worker);
    log.debug({ worker: slot, workerPid: worker.node.process.pid }, "worker forked");
  }

  function bootOf(slot: number): PrimaryMessage {
    const current = { ...config, keys: { ...config.keys, first: keys() } };
    return { type: "shoal:boot", slot, config: current, socketDir: socketDir() };
  }

  function onReady(slot: number): void {
    ready.add(slot);
    respawns.startsAgain();
    if (phase !== "starting" || ready.size < config.workers) return;
    phase = "serving";
    settleStart?.resolve();
  }

  const isLastRoutable = (worker: PoolWorker): boolean =>
    workers().every((other) => other === worker || !other.isRoutable());

  /** While all drain, the last one has to stay for what is not a connection. */
  function onLeaving(worker: PoolWorker): void {
    if (phase !== "draining" || !isLastRoutable(worker)) worker.retire();
  }

  /**
   * A service manager signals all processes at once, and the workers' word may come before the primary's own signal: the last
   * one stays in rotation until it is drained, or the requests of sessions would be refused in between.
   */
  async function retireDrained(worker: PoolWorker): Promise<void> {
    if (!isLastRoutable(worker)) worker.leaveRotation();
    happened("draining", worker.slot);
    await drainAll([worker], config);
    if (phase !== "draining") worker.retire();
  }

  function onExit(worker: PoolWorker, exit: WorkerExit): void {
    const { slot } = worker;
    tellSiblings(exit);
    happened(exit.kind === "left" ? "left" : "ended", slot, exit.kind === "left" ? undefined : exit.reason);
    if (others.delete(worker)) return; // its slot is another one's
    slots.delete(slot);
    const wasReady = ready.delete(slot);
    if (phase === "stopping") return;
    const isReplaced = exit.kind === "left" || (exit.kind === "killed" && wasReady);
    if (phase === "starting" && !isReplaced) {
      settleStart?.reject(startErrorOf(exit));
      return;
    }
    const level = exit.kind === "left" ? "info" : "error";
    log[level]({ worker: slot, kind: exit.kind, reason: exit.reason }, "worker ended");
    if (phase !== "draining") respawns.replace(slot, exit);
  }

  /** All of them: any one of them might be stuck, and they hear of it before any other way could tell them. */
  function tellSiblings({ siblingName }: WorkerExit): void {
    if (siblingName === undefined) return;
    for (const sibling of workers()) sibling.tell({ type: "shoal:ended", node: siblingName });
  }

  async function start(): Promise<void> {
    const program = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
    // `advanced` carries binary chunks of request bodies between the primary and its workers.
    cluster.setupPrimary({
      exec: program("main.js"),
      execArgv: [...process.execArgv, "--require", program("engine/worker/broken-channel.cjs")],
      serialization: "advanced",
    });
    const allReady = new Promise<void>((resolve, reject) => {
      settleStart = { resolve, reject };
    });
    for (let slot = 1; slot <= config.workers && phase === "starting"; slot += 1) fork(slot);
    if (phase !== "starting") settleStart?.reject(new StartError("Asked to end before the start"));
    await allReady.catch(async (error: unknown) => {
      await stop();
      throw error;
    });
  }

  /** `start` stops what it has begun. */
  function abandonStart(): void {
    phase = "stopping";
    settleStart?.reject(new StartError("Asked to end during the start"));
  }

  async function drain(): Promise<void> {
    if (phase === "starting") abandonStart();
    if (!isServing()) return;
    phase = "draining";
    respawns.cancel();
    const serving = workers().filter((worker) => !worker.abandon());
    await drainAll(serving, config);
  }

  /** Forks the successor of a slot's worker and gives it the slot once it is ready. */
  async function succeed(slot: number, old: PoolWorker): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      function onReady(): void {
        const displaced = slots.get(slot);
        if (displaced !== undefined) others.add(displaced);
        if (displaced === old) old.leaveRotation();
        else displaced?.retire(); // the old one ended meanwhile and is being replaced, or has been
        if (displaced === old) happened("draining", slot);
        others.delete(worker);
        slots.set(slot, worker);
        respawns.replaced(slot);
        resolve();
      }
      const worker = forkFor(slot, onReady, (exit) => {
        onExit(worker, exit);
        reject(startErrorOf(exit));
      });
      others.add(worker);
    });
  }

  async function stop(): Promise<void> {
    phase = "stopping";
    respawns.cancel();
    const leaving = workers();
    const timer = setTimeout(() => {
      log.error({ workers: [...slots.keys()] }, "workers killed: they did not stop in time");
      kill();
    }, stopTimesOf(config.shutdownTimeoutMs).workersMs);
    // What boots is not waited for, which would take long on a busy machine: it serves nobody.
    for (const worker of leaving) if (!worker.abandon()) worker.retire();
    await Promise.all(leaving.map((worker) => worker.ended));
    clearTimeout(timer);
  }

  function kill(): void {
    for (const worker of workers()) worker.kill();
  }

  return {
    name: "workers",
    start,
    stop,
    drain,
    reload: createReload(config, { isServing, current: (slot) => slots.get(slot), succeed }, log),
    tell(message) {
      for (const worker of workers()) worker.tell(message);
    },
    restarts: () => respawns.counts,
    ends: () => respawns.ends,
    status: () =>
      workers()
        .map(({ slot, node, status }) => ({
          ...{ worker: slot, pid: node.process.pid ?? 0, ...status() },
          restarts: respawns.counts.get(slot) ?? 0,
        }))
        .sort((one, other) => one.worker - other.worker),
    kill,
    routable: () =>
      workers()
        .filter((worker) => worker.isRoutable())
        .map(({ node }) => node),
    isRetired: (asked) => workers().some(({ node, isRetired }) => node === asked && isRetired()),
  };
}
