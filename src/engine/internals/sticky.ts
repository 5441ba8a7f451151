import cluster, { type Worker } from "node:cluster";
import type { Socket } from "node:net";

// @socket.io/sticky 2 beyond its documentation.

/** The primary's part looks only at so much of an id, which is all of a stock one; others are told to it by their beginning. */
const KNOWN_LENGTH = 20;

/** Whether the library's own messages name this session as the primary looks for it. */
export function isAnnounced(sessionId: string): boolean {
  return sessionId.length === KNOWN_LENGTH;
}

/** Tells the primary's part that this worker has a session; resolves when it was sent. In a worker. */
export async function announceSession(sessionId: string): Promise<void> {
  const data = sessionId.slice(0, KNOWN_LENGTH);
  await new Promise((resolve) => {
    process.send?.({ type: "sticky:connection", data }, undefined, undefined, resolve);
  });
}

/** Tells it that the session has ended. */
export function renounceSession(sessionId: string): void {
  const data = sessionId.slice(0, KNOWN_LENGTH);
  if (process.connected)
    process.send?.({ type: "sticky:disconnection", data }, undefined, undefined, () => {});
}

/**
 * Takes what the library has put on a connection to read its request; the returned function puts it back. To be called when the
 * library has seen the connection. It decides on the first chunk, which may lack the session id or the end of the header.
 */
export function takeReaders(socket: Socket): () => void {
  const listeners = socket.listeners("data") as ((chunk: Buffer) => void)[];
  socket.removeAllListeners("data");
  return () => {
    for (const listener of listeners) socket.on("data", listener);
  };
}

/**
 * Hides all other workers from the library, which chooses among what it finds when it enumerates `cluster.workers`. Only
 * while `action` runs: everybody else, such as the cluster adapter, has to see them, as they still have clients.
 */
export function amongOnly(workers: readonly Worker[], action: () => void): void {
  const others = Object.values(cluster.workers ?? {}).flatMap((worker) =>
    worker === undefined || workers.includes(worker) ? [] : [worker],
  );
  setEnumerable(others, false);
  action();
  setEnumerable(others, true);
}

function setEnumerable(workers: readonly Worker[], enumerable: boolean): void {
  const registry = cluster.workers ?? {};
  for (const worker of workers) {
    if (registry[worker.id] !== worker) continue;
    Object.defineProperty(registry, worker.id, {
      value: worker,
      enumerable,
      configurable: true,
      writable: true,
    });
  }
}

/** A worker's `send`, which the library calls. */
export type Send = (...args: unknown[]) => boolean;

/** Puts `watching` in front of what is sent to a worker: the library does not say whom it has chosen. */
export function watchSends(
  worker: Worker,
  watching: (send: Send, args: readonly unknown[]) => boolean,
): void {
  const send = worker.send.bind(worker) as Send;
  worker.send = (...args: unknown[]): boolean => watching(send, args);
}

/** Whether the library of this version does all that, as far as is known. */
export function isKnownSticky(version: string | undefined): boolean {
  return version?.split(".")[0] === "2";
}
