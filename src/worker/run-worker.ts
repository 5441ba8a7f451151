import { isPrimaryMessage, type PrimaryMessage } from "../ipc.js";
import { createLogger } from "../logger.js";
import { StartError } from "../start-error.js";
import { sessionSuffix } from "./peers/instance-key.js";
import { createPrimaryLink, tellPrimary } from "./primary-link.js";
import { createForwardIngress } from "./routing/forward-ingress.js";
import { missingForForward } from "./routing/internals.js";
import { createWorker } from "./worker.js";

/**
 * Life of a clustered worker's process: waits for its boot message, serves, and ends when the primary says so, or on an
 * error that nobody caught. On SIGTERM it asks the primary to let it go. Without its primary it ends by itself: Node sees
 * to that.
 */
export async function runWorker(): Promise<void> {
  const booted = messageFromPrimary("shoal:boot");
  const drainAsked = messageFromPrimary("shoal:drain");
  const stopAsked = messageFromPrimary("shoal:stop");
  tellPrimary({ type: "shoal:hello", missing: missingForForward() });
  const { slot, config, routing } = await booted;
  const identity = { instance: config.instance, worker: slot };
  const log = createLogger(config.logLevel).child(identity);
  const worker = createWorker(config, identity, log, (io, httpServer) =>
    routing === "sticky"
      ? createPrimaryLink(io)
      : createForwardIngress(io, httpServer, sessionSuffix(config)),
  );

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
    log.info("worker ready");
  } catch (error) {
    if (!(error instanceof StartError)) log.fatal({ err: error }, "worker could not start");
    const temporary = error instanceof StartError && error.temporary;
    tellPrimary({
      type: "shoal:failed",
      message: error instanceof Error ? error.message : String(error),
      temporary,
    });
    process.disconnect(); // flushes what was said; Node then ends a worker that is on its own
  }
}

/**
 * The next message of this type. Others may be heard first, even before the answer to the first message: the
 * adapter's relay shares the channel. Listening starts with the call, as nothing is kept for later.
 */
function messageFromPrimary<Type extends PrimaryMessage["type"]>(
  type: Type,
): Promise<Extract<PrimaryMessage, { type: Type }>> {
  return new Promise((resolve) => {
    process.on("message", function onMessage(message: unknown) {
      if (!isMessageOf(type, message)) return;
      process.off("message", onMessage);
      resolve(message);
    });
  });
}

function isMessageOf<Type extends PrimaryMessage["type"]>(
  type: Type,
  message: unknown,
): message is Extract<PrimaryMessage, { type: Type }> {
  return isPrimaryMessage(message) && message.type === type;
}
