import { setupWorker } from "@socket.io/sticky";
import { isPrimaryMessage, type WorkerMessage } from "../ipc.js";
import type { Component } from "../lifecycle.js";
import type { Io } from "../realtime/io.js";

/** Longest wait for the primary to confirm that this worker is out of rotation, in milliseconds. */
const LEAVE_TIMEOUT_MS = 2000;

/** Says something to the primary; without effect once the primary is gone, which ends a worker anyway. */
export function tellPrimary(message: WorkerMessage): void {
  if (process.connected) process.send?.(message);
}

/**
 * A clustered worker's ingress: takes the connections that the primary hands over. It leaves the rotation before it
 * drains: the channel keeps its order, so after the primary's `shoal:stop` nothing new can arrive.
 */
export function createPrimaryLink(io: Io): Component {
  let confirm = (): void => {};
  const outOfRotation = new Promise<void>((resolve) => {
    confirm = resolve;
  });

  function onMessage(message: unknown): void {
    if (isPrimaryMessage(message) && message.type === "shoal:stop") confirm();
  }

  return {
    name: "primary link",
    async start() {
      process.on("message", onMessage);
      setupWorker(io);
      announceSessionsFirst(io);
      tellPrimary({ type: "shoal:ready" });
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

/**
 * The primary has to know a session before its client does. The library tells it only together with the answer, so that
 * the next request of a quick client was sometimes routed to another worker, which did not know the session.
 */
function announceSessionsFirst(io: Io): void {
  const { engine } = io;
  const generateId = engine.generateId.bind(engine);
  engine.generateId = async (request) => {
    const id = await generateId(request);
    await new Promise((resolve) => {
      process.send?.({ type: "sticky:connection", data: id }, undefined, undefined, resolve);
    });
    return id;
  };
}
