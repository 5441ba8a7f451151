import cluster, { type Worker } from "node:cluster";
import { Socket } from "node:net";
import { isWorkerMessage, type WorkerMessage } from "../ipc.js";
import type { Component } from "../lifecycle.js";
import type { Turns } from "./turns.js";

type HandOver = Extract<WorkerMessage, { type: "shoal:hand-over" }>;

/** Carries connections from the worker that has them to the one whose session they are for. */
export function createHandOvers(turns: Turns): Component {
  function onMessage(_worker: Worker, message: unknown, handle: unknown): void {
    if (!isWorkerMessage(message) || message.type !== "shoal:hand-over" || !(handle instanceof Socket))
      return;
    handle.on("error", () => {}); // the client's end; "close" follows
    if (message.to === undefined) turns.next(handle, message.bytes);
    else carry(handle, message.to, message);
  }

  function carry(socket: Socket, to: number, { bytes }: HandOver): void {
    const owner = cluster.workers?.[to];
    // Where its session has ended with its worker, any other can say so.
    if (owner === undefined || !owner.isConnected()) turns.next(socket, bytes);
    else turns.give(owner, socket, bytes);
  }

  return {
    name: "hand-overs",
    async start() {
      cluster.on("message", onMessage);
    },
    async stop() {
      cluster.off("message", onMessage);
    },
  };
}
