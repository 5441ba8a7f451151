import type { ChildProcess } from "node:child_process";
import cluster, { type Worker } from "node:cluster";
import type { PrimaryMessage, WorkerMessage } from "./messages.js";

/** What to do with each kind of message; others are left to others, who use the same channel. */
type Handlers<Message extends { readonly type: string }, Context extends readonly unknown[]> = {
  readonly [Type in Message["type"]]?: (
    message: Extract<Message, { readonly type: Type }>,
    ...context: Context
  ) => void;
};

/** What a worker does with what its primary tells; `handle` is the connection that came with it. */
export type PrimaryHandlers = Handlers<PrimaryMessage, [handle: unknown]>;

/** What the primary does with what one worker tells. */
export type WorkerHandlers = Handlers<WorkerMessage, [handle: unknown]>;

/** What the primary does with what any worker tells. */
export type PoolHandlers = Handlers<WorkerMessage, [worker: Worker, handle: unknown]>;

/** A worker's side: hears its primary, until the returned function is called. */
export function hearPrimary(handlers: PrimaryHandlers): () => void {
  const onMessage = (message: unknown, handle: unknown): void => call(handlers, message, handle);
  process.on("message", onMessage);
  return () => void process.off("message", onMessage);
}

/** A worker's side: says something to the primary. Without effect once the primary is gone, which ends a worker anyway. */
export function tellPrimary(message: WorkerMessage, onSent: () => void = () => {}): void {
  if (process.connected) process.send?.(message, undefined, undefined, onSent);
  else onSent();
}

/** The primary's side: hears one worker, until the returned function is called. */
export function hearWorker(worker: Worker | ChildProcess, handlers: WorkerHandlers): () => void {
  const onMessage = (message: unknown, handle: unknown): void => call(handlers, message, handle);
  worker.on("message", onMessage);
  return () => void worker.off("message", onMessage);
}

/** The primary's side: hears all workers, until the returned function is called. */
export function hearWorkers(handlers: PoolHandlers): () => void {
  const onMessage = (worker: Worker, message: unknown, handle: unknown): void =>
    call(handlers, message, worker, handle);
  cluster.on("message", onMessage);
  return () => void cluster.off("message", onMessage);
}

/** The primary's side: says something to a worker. Without effect on one that has ended. */
export function tellWorker(worker: Worker, message: PrimaryMessage): void {
  if (worker.isConnected()) worker.send(message, () => {});
}

/** Only the type is looked at: both ends are of one build. */
function call(handlers: object, message: unknown, ...context: readonly unknown[]): void {
  if (!isTyped(message) || !Object.hasOwn(handlers, message.type)) return;
  const handler = handlers[message.type as keyof typeof handlers] as Handler | undefined;
  handler?.(message, ...context);
}

type Handler = (message: unknown, ...context: readonly unknown[]) => void;

function isTyped(message: unknown): message is { readonly type: string } {
  return (
    typeof message === "object" && message !== null && "type" in message && typeof message.type === "string"
  );
}
