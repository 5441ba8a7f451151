import cluster, { type Worker } from "node:cluster";
import type { Server } from "node:net";
import type { Config } from "../config/config.js";
import { isWorkerMessage, type PrimaryMessage, type WorkerMessage } from "../ipc.js";
import { createListener, type Listener } from "../listener.js";
import type { Logger } from "../logger.js";
import { StartError } from "../start-error.js";
import { waitAtMost } from "../wait-at-most.js";

/** Part of the shutdown time that workers have to accept no more; one that hangs costs it. */
const CLOSE_SHARE = 0.05;
/** Pause before the primary tries again to open a port that a worker has not let go of, in milliseconds. */
const RETRY_MS = 20;

/**
 * The port from which the workers accept: Node's cluster opens it for the first that asks, shares it among all, and closes it
 * with the last. While no worker may be given connections, the primary listens in their place, with the server that `standIn`
 * makes. `stop` ends the accepting in all of them.
 */
export function createSharedPort(
  { host, port, shutdownTimeoutMs }: Pick<Config, "host" | "port" | "shutdownTimeoutMs">,
  routable: () => readonly Worker[],
  standIn: () => Server,
  log: Logger,
): Listener {
  /** What workers ask for: what was found for port 0 only when none of them shares that any more. */
  let asked = port;
  let url = "";
  let open = false;
  let own: Listener | undefined;
  let retry: NodeJS.Timeout | undefined;
  const listening = new Set<Worker>();
  const answers = new Map<Worker, (error: string | undefined) => void>();

  function tell(worker: Worker, message: PrimaryMessage): void {
    if (worker.isConnected()) worker.send(message, () => {});
  }

  function onMessage(worker: Worker, message: unknown): void {
    if (!isWorkerMessage(message)) return;
    if (message.type === "shoal:ready" && open) void relieve().then(() => admit(worker));
    if (message.type === "shoal:listening") onListening(worker, message);
    if (message.type === "shoal:unlistened") answers.get(worker)?.(undefined);
    // The pool hears it too, and may take the worker out of rotation.
    if (message.type === "shoal:retiring" || message.type === "shoal:leaving") setImmediate(dismiss);
  }

  function admit(worker: Worker): void {
    tell(worker, { type: "shoal:listen", host, port: asked });
  }

  function onListening(worker: Worker, answer: Extract<WorkerMessage, { type: "shoal:listening" }>): void {
    if (answer.error === undefined) {
      url = answer.url;
      listening.add(worker);
      dismiss();
    } else if (open) complain(answer.error);
    answers.get(worker)?.(answer.error);
  }

  function complain(reason: string): void {
    log.error({ reason }, "a worker cannot accept connections");
  }

  /** Resolves when the worker has answered or ended. */
  function ask(worker: Worker, message: PrimaryMessage): Promise<string | undefined> {
    return new Promise((resolve) => {
      answers.set(worker, resolve);
      tell(worker, message);
    });
  }

  /** Those that leave need not accept any more; but somebody always does, or what waits at the port would be lost. */
  function dismiss(): void {
    const staying = routable();
    if (!staying.some((worker) => listening.has(worker))) return;
    for (const worker of listening) {
      if (staying.includes(worker)) continue;
      listening.delete(worker);
      tell(worker, { type: "shoal:unlisten" });
    }
  }

  function onGone(worker: Worker): void {
    listening.delete(worker);
    answers.get(worker)?.("it has ended");
    void standInIfNeeded();
  }

  async function standInIfNeeded(): Promise<void> {
    clearTimeout(retry);
    if (!open || own !== undefined || routable().length > 0) return;
    asked = Number(new URL(url).port);
    own = createListener(standIn(), host, asked);
    await own.start().catch(() => {
      own = undefined;
      retry = setTimeout(() => void standInIfNeeded(), RETRY_MS);
    });
  }

  async function relieve(): Promise<void> {
    clearTimeout(retry);
    await own?.stop();
    own = undefined;
  }

  async function start(): Promise<void> {
    cluster.on("message", onMessage).on("disconnect", onGone).on("exit", onGone);
    const message: PrimaryMessage = { type: "shoal:listen", host, port: asked };
    const errors = await Promise.all(routable().map((worker) => ask(worker, message)));
    open = true;
    const reasons = errors.filter((error) => error !== undefined);
    if (reasons.length < errors.length) {
      for (const reason of reasons) complain(reason);
      return;
    }
    await stop();
    throw new StartError(reasons[0] ?? "There is no worker to accept connections");
  }

  async function stop(): Promise<void> {
    open = false;
    await relieve();
    // What they gave back before they answer has reached its worker before that one is told to end.
    const closed = [...listening].map((worker) => ask(worker, { type: "shoal:unlisten" }));
    await waitAtMost(Promise.all(closed), shutdownTimeoutMs * CLOSE_SHARE);
    cluster.off("message", onMessage).off("disconnect", onGone).off("exit", onGone);
    listening.clear();
  }

  return { name: "shared port", start, stop, url: () => url };
}
