import { isPrimaryMessage, type PrimaryMessage } from "../ipc.js";
import { createLogger } from "../logger.js";
import { StartError } from "../start-error.js";
import { createPrimaryLink, tellPrimary } from "./primary-link.js";
import { createWorker } from "./worker.js";

/**
 * Life of a clustered worker's process: waits for its boot message, serves, and ends when the primary or SIGTERM
 * says so, or on an error that nobody caught. Without its primary it ends by itself: Node sees to that.
 */
export async function runWorker(): Promise<void> {
  const { slot, config } = await askForBoot();
  const identity = { instance: config.instance, worker: slot };
  const log = createLogger(config.logLevel).child(identity);
  const worker = createWorker(config, identity, log, createPrimaryLink);

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

  process.on("message", (message) => {
    if (isPrimaryMessage(message) && message.type === "shoal:stop") end(0);
  });
  process.on("SIGTERM", () => end(0));
  process.on("SIGINT", () => {}); // a terminal sends it to the whole group; the primary decides
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

type Boot = Extract<PrimaryMessage, { type: "shoal:boot" }>;

/** Other workers may be heard before the answer: the adapter's relay shares the channel. */
function askForBoot(): Promise<Boot> {
  return new Promise((resolve) => {
    process.on("message", function onMessage(message: unknown) {
      if (!isPrimaryMessage(message) || message.type !== "shoal:boot") return;
      process.off("message", onMessage);
      resolve(message);
    });
    tellPrimary({ type: "shoal:hello" });
  });
}
