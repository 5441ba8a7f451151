import type { Worker } from "node:cluster";
import type { Config } from "../../config/config.js";
import { hearWorkers, tellWorker } from "../../ipc/channel.js";
import type { WorkerMessage } from "../../ipc/messages.js";
import type { Listener } from "../../process/listener.js";
import type { Logger } from "../../process/logger.js";
import { createPortLock } from "../../process/port-lock.js";
import { StartError } from "../../process/start-error.js";

type Answer = Extract<WorkerMessage, { type: "shoal:listening" }>;

/**
 * The port on which each worker listens by itself (`LISTEN=reuse-port`); the kernel deals connections out. The primary only
 * tells them when to begin; each ends by itself when it leaves. It keeps the port for this instance, also while no worker listens: the kernel would
 * deal part of the connections to another one that started at the same time.
 */
export function createReusePort(
  { host, port }: Pick<Config, "host" | "port">,
  routable: () => readonly Worker[],
  log: Logger,
): Listener {
  /** With port 0, the port that the first worker got is the port of all. */
  let bound = port;
  let url = "";
  const lock = createPortLock(host);
  const answers = new Map<Worker, (answer: Answer | undefined) => void>();
  /** Workers are asked one after the other: the first one finds the port. Never rejects. */
  let asked: Promise<void> = Promise.resolve();
  let stopHearing = (): void => {};

  /** Resolves when the worker listens or has ended. */
  function open(worker: Worker): Promise<void> {
    const opened = asked.then(async () => {
      if (bound !== 0) await lock.take(bound);
      const answer = await ask(worker);
      if (answer === undefined) return;
      if (answer.error !== undefined) throw new StartError(answer.error);
      url = answer.url;
      bound = Number(new URL(url).port);
      await lock.take(bound);
    });
    asked = opened.catch(() => {});
    return opened;
  }

  /** Resolves with undefined when the worker has ended. */
  async function ask(worker: Worker): Promise<Answer | undefined> {
    if (worker.isDead() || !worker.isConnected()) return undefined;
    const answer = new Promise<Answer | undefined>((resolve) => {
      answers.set(worker, resolve);
      worker.once("exit", () => resolve(undefined));
    });
    tellWorker(worker, { type: "shoal:listen", host, port: bound });
    return answer.finally(() => answers.delete(worker));
  }

  function openLate(worker: Worker): void {
    open(worker).catch(({ message }: Error) =>
      log.error({ reason: message }, "a worker cannot accept connections"),
    );
  }

  return {
    name: "shared port",
    async start() {
      stopHearing = hearWorkers({
        "shoal:listening": (answer, worker) => answers.get(worker)?.(answer),
        "shoal:ready": (_message, worker) => openLate(worker),
      });
      try {
        await Promise.all(routable().map(open));
        await asked; // one may have become ready meanwhile
        if (url === "") throw new StartError("No worker is left to listen");
      } catch (error) {
        stopHearing();
        lock.release();
        throw error;
      }
    },
    async stop() {
      stopHearing();
      lock.release();
    },
    url: () => url,
  };
}
