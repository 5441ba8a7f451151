import type { Component } from "../process/lifecycle.js";
import { isPrimaryMessage, type WorkerMessage } from "./messages.js";

/** Longest wait for the primary to confirm that this worker is out of rotation, in milliseconds. */
const LEAVE_TIMEOUT_MS = 2000;

/** Says something to the primary; without effect once the primary is gone, which ends a worker anyway. */
export function tellPrimary(message: WorkerMessage, onSent: () => void = () => {}): void {
  if (process.connected) process.send?.(message, undefined, undefined, onSent);
  else onSent();
}

/**
 * A worker's leave of its primary. `stop` says it and waits until the primary has taken the worker out of rotation: the
 * channel keeps its order, so after the primary's `shoal:stop` nothing new can arrive on it.
 */
export function createPrimaryFarewell(): Component {
  let confirm = (): void => {};
  const outOfRotation = new Promise<void>((resolve) => {
    confirm = resolve;
  });

  function onMessage(message: unknown): void {
    if (isPrimaryMessage(message) && message.type === "shoal:stop") confirm();
  }

  return {
    name: "farewell",
    async start() {
      process.on("message", onMessage);
    },
    async stop() {
      tellPrimary({ type: "shoal:leaving" });
      const timer = setTimeout(confirm, LEAVE_TIMEOUT_MS);
      await outOfRotation;
      clearTimeout(timer);
      process.off("message", onMessage);
    },
  };
}
