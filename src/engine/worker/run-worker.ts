import cluster from "node:cluster";
import { rmSync } from "node:fs";
import { operatorSocketOf } from "../admin/operator-socket.js";
import type { Config } from "../config/config.js";
import { hearPrimary, type PrimaryHandlers, tellPrimary } from "../ipc/channel.js";
import type { PrimaryMessage } from "../ipc/messages.js";
import { createLogger, type Logger } from "../process/logger.js";
import { StartError } from "../process/start-error.js";
import { stopTimesOf } from "../process/stop-times.js";
import { sessionSuffix } from "../routing/peers/instance-key.js";
import { createForwardIngress } from "../routing/worker/forward-ingress.js";
import { createSiblings, socketPathOf } from "../routing/worker/siblings.js";
import { createStickyIngress } from "../routing/worker/sticky-ingress.js";
import { createInstanceLink } from "./instance-link.js";
import { createWorker, type Entrance } from "./worker.js";

/** How soon a worker finds that its primary has gone, in milliseconds. */
const PRIMARY_CHECK_MS = 500;

/**
 * Life of a clustered worker's process: waits for its boot message, serves, and ends when the primary says so, or on an
 * error that nobody caught. On SIGTERM it asks the primary to let it go. Without its primary it ends at once.
 */
export async function runWorker(): Promise<void> {
  const booted = messageFromPrimary("shoal:boot");
  const drainAsked = messageFromPrimary("shoal:drain");
  const stopAsked = messageFromPrimary("shoal:stop");
  const primary = process.ppid;
  process.setMaxListeners(MOST_LISTENERS); // more of one event would be a leak
  endWithPrimary(primary);
  tellPrimary({ type: "shoal:hello" });
  const { slot, config, socketDir } = await booted;
  let failed = false;
  process.once("exit", () => {
    // Without a primary nobody else is left to do it. The channel closes before the parent changes.
    const isAlone = process.ppid !== primary || (!process.connected && !failed);
    if (isAlone) rmSync(socketDir, { recursive: true, force: true });
  });
  const identity = { instance: config.instance, worker: slot };
  const log = createLogger(config.logLevel).child(identity);
  const worker = createWorker(config, identity, log, entranceOf(config, socketDir, log));

  let ending = false;
  function end(exitCode: number): void {
    if (ending) return;
    ending = true;
    setTimeout(() => process.exit(1), config.shutdownTimeoutMs).unref();
    worker
      .stop()
      .catch((error: unknown) => log.error({ err: error }, "worker stopped with errors"))
      .finally(() => process.exit(exitCode));
  }

  let draining: Promise<void> | undefined;
  function drain(): Promise<void> {
    draining ??= worker.drain();
    return draining;
  }

  void drainAsked.then(drain).then(() => tellPrimary({ type: "shoal:drained" }));
  void stopAsked.then(() => draining).then(() => end(0));
  process.on("SIGTERM", () => {
    tellPrimary({ type: "shoal:retiring" });
    void drain();
  });
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (error: unknown) => {
      log.fatal({ err: error }, "worker ends: an error that nobody caught");
      end(1);
    });
  }

  try {
    await worker.start();
    if (!ending) log.info("worker ready"); // a stop ends the start without an error
  } catch (error) {
    if (!(error instanceof StartError)) log.fatal({ err: error }, "worker could not start");
    const temporary = error instanceof StartError && error.temporary;
    tellPrimary({
      type: "shoal:failed",
      message: error instanceof Error ? error.message : String(error),
      temporary,
    });
    failed = true;
    process.disconnect(); // flushes what was said; Node then ends a worker that is on its own
  }
}

function entranceOf(config: Config, socketDir: string, log: Logger): Entrance {
  const self = cluster.worker?.id ?? 0;
  const operatorSocket = operatorSocketOf(socketDir, self);
  const instance = createInstanceLink();
  const onStage = (stage: string): void => tellPrimary({ type: "shoal:stage", stage });
  if (config.routing === "sticky") {
    const createIngress: Entrance["createIngress"] = (io, httpServer, internals) =>
      createStickyIngress(io, httpServer, socketPathOf(socketDir, self), internals);
    return { siblings: [], createIngress, operatorSocket, instance, onStage };
  }
  const place = { self, suffix: sessionSuffix(config), socketDir };
  const siblings = createSiblings(place);
  const stopTimes = stopTimesOf(config.shutdownTimeoutMs);
  return {
    siblings: [siblings],
    createIngress: (io, httpServer) => createForwardIngress(io, httpServer, place, siblings, stopTimes, log),
    ...{ operatorSocket, instance, onStage },
  };
}

/** More than the parts of a worker, and the adapter, of which each hears the primary by a listener of its own. */
const MOST_LISTENERS = 30;

/**
 * Ends this process when its primary has gone, in whatever way. Node's own end on the channel's "disconnect" is not enough: it
 * waits while a connection is on its way to the primary. `broken-channel.cts` sees to a channel that is broken.
 */
function endWithPrimary(primary: number): void {
  setInterval(() => {
    if (process.ppid !== primary) process.exit(1);
  }, PRIMARY_CHECK_MS).unref();
}

/**
 * The next message of this type. Others may be heard first, even before the answer to the first message: the
 * adapter's relay shares the channel. Listening starts with the call, as nothing is kept for later.
 */
function messageFromPrimary<Type extends PrimaryMessage["type"]>(
  type: Type,
): Promise<Extract<PrimaryMessage, { type: Type }>> {
  return new Promise((resolve) => {
    const handlers = {
      [type](message: Extract<PrimaryMessage, { type: Type }>) {
        stopHearing();
        resolve(message);
      },
    } as PrimaryHandlers;
    const stopHearing = hearPrimary(handlers);
  });
}
