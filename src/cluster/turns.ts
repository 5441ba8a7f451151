import type { Worker } from "node:cluster";
import { createServer, type Server, type Socket } from "node:net";
import type { PrimaryMessage } from "../ipc.js";
import type { Connections } from "./connections.js";
import type { Shares } from "./shares.js";

/** For when no worker is there to answer. */
const REFUSAL =
  "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

const NOTHING = new Uint8Array();

/** Gives connections to workers. */
export interface Turns {
  /** A server whose connections are given to the workers without a byte being read. */
  createServer(): Server;
  /** Gives one of which `bytes` were read to this worker. */
  give(worker: Worker, socket: Socket, bytes: Uint8Array): void;
  /** Gives one of which `bytes` were read to whoever has got fewest; closes it when there is nobody. */
  next(socket: Socket, bytes: Uint8Array): void;
}

/** Among the workers that `routable` names. */
export function createTurns(
  routable: () => readonly Worker[],
  connections: Connections,
  shares: Shares,
): Turns {
  function give(worker: Worker, socket: Socket, bytes: Uint8Array): void {
    const message: PrimaryMessage = { type: "shoal:adopt", bytes };
    connections.add(socket);
    const send = () => void worker.send(message, socket, (error) => error !== null && socket.destroy());
    connections.handOver(socket, send, (unread) => next(unread, bytes));
  }

  function giveNext(socket: Socket, bytes: Uint8Array): boolean {
    const worker = shares.next(routable().filter((one) => one.isConnected()));
    if (worker === undefined) return false;
    give(worker, socket, bytes);
    return true;
  }

  function next(socket: Socket, bytes: Uint8Array): void {
    if (!giveNext(socket, bytes)) socket.destroy();
  }

  function refuse(socket: Socket): void {
    connections.add(socket);
    socket.on("error", () => {}); // the client's end; "close" follows
    socket.resume().end(REFUSAL);
  }

  return {
    createServer: () =>
      createServer({ pauseOnConnect: true, noDelay: true, allowHalfOpen: true }, (socket) => {
        if (!giveNext(socket, NOTHING)) refuse(socket);
      }),
    give,
    next,
  };
}
