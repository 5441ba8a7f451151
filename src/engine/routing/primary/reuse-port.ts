import type { Worker } from "node:cluster";
import type { Config } from "../../config/config.js";
import { hearWorkers, tellWorker } from "../../ipc/channel.js";
import type { WorkerMessage } from "../../ipc/messages.js";
import type { Listener } from "../../process/listener.js";
import type { Logger } from "../../process/logger.js";
import { StartError } from "../../process/start-error.js";

type Answer = Extract<WorkerMessage, { type: "shoal:listening" }>;

/**
 * The port on which each worker listens by itself (`LISTEN=reuse-port`); the kernel deals connections out. The primary only
 * tells them when to begin; each ends by itself when it leaves.
 */
export function createReusePort(
  { host, port }: Pick<Config, "host" | "port">,
  routable: () => readonly Worker[],
  log: Logger,
): Listener {
  /** With port 0, the port that the first worker got is the port of all. */
  let bound = port;
  let url = "";
  const answers = new Map<Worker, (answer: Answer) => void>();

  let stopHearing = (): void => {};

  function onReady(worker: Worker): void {
    if (url === "") return;
    void ask(worker).then(({ error }) => {
      if (error !== undefined) log.error({ reason: error }, "a worker cannot accept connections");
    });
  }

  /** Resolves when the worker has answered or ended. */
  function ask(worker: Worker): Promise<Answer> {
    return new Promise((resolve) => {
      answers.set(worker, resolve);
      worker.once("exit", () => resolve({ type: "shoal:listening", error: "it has ended" }));
      tellWorker(worker, { type: "shoal:listen", host, port: bound });
    });
  }

  return {
    name: "shared port",
    async start() {
      stopHearing = hearWorkers({
        "shoal:listening": (answer, worker) => answers.get(worker)?.(answer),
        "shoal:ready": (_message, worker) => onReady(worker),
      });
      // One after the other: the first one finds the port.
      for (const worker of routable()) {
        const answer = await ask(worker);
        if (answer.error !== undefined) throw new StartError(answer.error);
        url = answer.url;
        bound = Number(new URL(url).port);
      }
    },
    async stop() {
      stopHearing();
    },
    url: () => url,
  };
}
