import type { Socket } from "node:net";
import { setupWorker } from "@socket.io/sticky";
import { isPrimaryMessage, type WorkerMessage } from "../ipc.js";
import type { Component } from "../lifecycle.js";
import type { Io } from "../realtime/io.js";
import { stopReading } from "../stop-reading.js";

/** Longest wait for the primary to confirm that this worker is out of rotation, in milliseconds. */
const LEAVE_TIMEOUT_MS = 2000;

/** The primary's library looks only at so much of an id, which is all of a stock one; others are told to it by their beginning. */
const LIBRARY_ID_LENGTH = 20;

/** What Engine.IO makes of a session, as far as it is used here. */
interface EngineSocket {
  readonly id: string;
  once(event: "close", listener: () => void): void;
}

/** Says something to the primary; without effect once the primary is gone, which ends a worker anyway. */
export function tellPrimary(message: WorkerMessage): void {
  if (process.connected) process.send?.(message);
}

/**
 * Has the primary carry a connection to another worker, with what was read of it: a request, or nothing, when any worker
 * (undefined) may have it. Resolves when it is on its way, or cannot be.
 */
export function giveAway(connection: Socket, worker: number | undefined, bytes: Uint8Array): Promise<void> {
  stopReading(connection);
  // Node would take it off a count that it never was on, and this server could not close any more.
  Object.assign(connection, { server: undefined });
  connection.on("error", () => {}); // the client's end, while it is on its way
  const message: WorkerMessage = { type: "shoal:hand-over", to: worker, bytes };
  return new Promise((resolve) => {
    if (process.connected) process.send?.(message, connection, undefined, () => resolve());
    else resolve();
  });
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

/** A clustered worker's ingress: takes the connections that the primary hands over. It leaves the rotation before it drains. */
export function createPrimaryLink(io: Io): Component {
  const farewell = createPrimaryFarewell();
  return {
    name: "primary link",
    async start() {
      await farewell.start();
      setupWorker(io);
      announceSessionsFirst(io);
      tellPrimary({ type: "shoal:ready" });
    },
    stop: farewell.stop,
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
    const data = id.slice(0, LIBRARY_ID_LENGTH);
    await new Promise((resolve) => {
      process.send?.({ type: "sticky:connection", data }, undefined, undefined, resolve);
    });
    return id;
  };
  engine.on("connection", (socket: EngineSocket) => {
    const data = socket.id.slice(0, LIBRARY_ID_LENGTH);
    if (data === socket.id) return; // the library says it itself
    socket.once("close", () => {
      if (process.connected) process.send?.({ type: "sticky:disconnection", data });
    });
  });
}
