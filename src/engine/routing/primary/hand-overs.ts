import cluster, { type Worker } from "node:cluster";
import { Socket } from "node:net";
import { isWorkerMessage, type WorkerMessage } from "../../ipc/messages.js";
import type { Component } from "../../process/lifecycle.js";
import { takeUnread } from "../take-unread.js";

type HandOver = Extract<WorkerMessage, { type: "shoal:hand-over" }>;

/** Connections that may wait for one worker, which perhaps hangs; more are closed. */
const MOST_WAITING = 256;

/** A connection on its way. */
interface Transfer {
  readonly worker: Worker;
  readonly id: number;
  /** What the giver had read when it closed its copy; undefined until then. */
  fromGiver: Uint8Array | undefined;
  /** What this process had read when it closed its copy, which comes after that. */
  fromHere: Uint8Array | undefined;
}

/**
 * Carries connections from the worker that has them to the one whose session they are for. Whoever has a connection open may
 * read of it: so the receiver begins only when the others have closed it, and with what they have read.
 */
export function createHandOvers(routable: () => readonly Worker[]): Component {
  let last = 0;
  /** By giver and its number for the hand-over. */
  const transfers = new WeakMap<Worker, Map<number, Transfer>>();
  const waiting = new WeakMap<Worker, Set<Socket>>();

  function onFork(worker: Worker): void {
    transfers.set(worker, new Map());
    // Comes after all that the worker said; what it had open is closed with it, and what it was to get nobody can answer.
    worker.process.once("close", () => {
      for (const transfer of transfers.get(worker)?.values() ?? []) {
        transfer.fromGiver = new Uint8Array();
        proceed(transfer); // or later, when this process has closed its copy
      }
      for (const socket of waiting.get(worker) ?? []) socket.destroy();
    });
  }

  function onMessage(giver: Worker, message: unknown, handle: unknown): void {
    if (!isWorkerMessage(message)) return;
    if (message.type === "shoal:ready") waiting.set(giver, new Set()); // what is sent sooner is lost
    if (message.type === "shoal:hand-over" && handle instanceof Socket) begin(giver, message, handle);
    if (message.type !== "shoal:released") return;
    const transfer = transfers.get(giver)?.get(message.id);
    if (transfer === undefined) return;
    transfer.fromGiver = message.bytes;
    transfers.get(giver)?.delete(message.id);
    proceed(transfer);
  }

  function begin(giver: Worker, { id, to, head }: HandOver, socket: Socket): void {
    socket.on("error", () => {}); // the client's end; "close" follows
    const owner = cluster.workers?.[to];
    // Where the session has ended with its worker, any other one can say so.
    const worker = [owner, ...routable()].find((one) => one?.isConnected() && waiting.has(one));
    const queue = worker && waiting.get(worker);
    if (worker === undefined || queue === undefined || queue.size >= MOST_WAITING) {
      socket.destroy();
      return;
    }
    last += 1;
    const transfer: Transfer = { worker, id: last, fromGiver: undefined, fromHere: undefined };
    transfers.get(giver)?.set(id, transfer);
    queue.add(socket);
    socket.once("close", () => queue.delete(socket));
    const orphan = worker !== owner;
    worker.send({ type: "shoal:adopt", id: last, head, orphan }, socket, { keepOpen: true }, () => {
      transfer.fromHere = takeUnread(socket);
      socket.destroy();
      proceed(transfer);
    });
  }

  function proceed({ worker, id, fromGiver, fromHere }: Transfer): void {
    if (fromGiver === undefined || fromHere === undefined || !worker.isConnected()) return;
    worker.send({ type: "shoal:go", id, bytes: Buffer.concat([fromGiver, fromHere]) }, () => {});
  }

  return {
    name: "hand-overs",
    async start() {
      cluster.on("fork", onFork).on("message", onMessage);
    },
    async stop() {
      cluster.off("fork", onFork).off("message", onMessage);
    },
  };
}
