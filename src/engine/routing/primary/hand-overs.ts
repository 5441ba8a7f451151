import cluster, { type Worker } from "node:cluster";
import { Socket } from "node:net";
import { hearWorkers, tellWorker } from "../../ipc/channel.js";
import type { PrimaryMessage, WorkerMessage } from "../../ipc/messages.js";
import type { Component } from "../../process/lifecycle.js";
import { takeUnread } from "../take-unread.js";

type HandOver = Extract<WorkerMessage, { type: "shoal:hand-over" }>;

/** Most connections that wait for one worker; more are closed. A worker that hangs takes none. */
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
 * read of it: so the receiver begins only when the others have closed it, and with what they have read. A worker that `isRetired` waits for what it
 * was given before it heard that it is to end, and is given nothing after that: whoever gets it instead passes polls on.
 */
export function createHandOvers(
  routable: () => readonly Worker[],
  isRetired: (worker: Worker) => boolean,
): Component {
  let last = 0;
  /** By giver and its number for the hand-over. */
  const transfers = new WeakMap<Worker, Map<number, Transfer>>();
  const waiting = new WeakMap<Worker, Set<Socket>>();
  let stopHearing = (): void => {};

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

  function onReleased(giver: Worker, id: number, bytes: Uint8Array): void {
    const transfer = transfers.get(giver)?.get(id);
    if (transfer === undefined) return;
    transfer.fromGiver = bytes;
    transfers.get(giver)?.delete(id);
    proceed(transfer);
  }

  function begin(giver: Worker, { id, to, head }: HandOver, socket: Socket): void {
    socket.on("error", () => {}); // the client's end; "close" follows
    const owner = cluster.workers?.[to];
    const isEnding = owner !== undefined && isRetired(owner);
    // Where the session has ended with its worker, any other one can say so; at a stop there may be none but these two.
    const candidates = isEnding ? [...routable(), owner, giver] : [owner, ...routable(), giver];
    const worker = candidates.find((one) => one?.isConnected() && waiting.has(one));
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
    const as = worker === owner ? "owner" : isEnding ? "relay" : "orphan";
    const message: PrimaryMessage = { type: "shoal:adopt", id: last, head, to, as };
    worker.send(message, socket, { keepOpen: true }, () => {
      transfer.fromHere = takeUnread(socket);
      socket.destroy();
      proceed(transfer);
    });
  }

  function proceed({ worker, id, fromGiver, fromHere }: Transfer): void {
    if (fromGiver === undefined || fromHere === undefined) return;
    tellWorker(worker, { type: "shoal:go", id, bytes: Buffer.concat([fromGiver, fromHere]) });
  }

  return {
    name: "hand-overs",
    async start() {
      cluster.on("fork", onFork);
      stopHearing = hearWorkers({
        "shoal:ready": (_message, worker) => void waiting.set(worker, new Set()), // what is sent sooner is lost
        "shoal:hand-over"(message, giver, handle) {
          if (handle instanceof Socket) begin(giver, message, handle);
        },
        "shoal:released": ({ id, bytes }, giver) => onReleased(giver, id, bytes),
      });
    },
    async stop() {
      cluster.off("fork", onFork);
      stopHearing();
    },
  };
}
