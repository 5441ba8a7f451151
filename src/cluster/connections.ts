import cluster, { type Worker } from "node:cluster";
import type { Socket } from "node:net";
import type { Component } from "../lifecycle.js";
import { stopReading } from "../stop-reading.js";

/**
 * The connections that are still in the primary's hands: nothing said yet, waiting for their worker to take them, or
 * with a body, when the answer comes back through the primary.
 */
export interface Connections extends Component {
  /** Counts a connection until it closes or a worker has it. */
  add(socket: Socket): void;
  /**
   * Has `give` hand the connection to a worker, which the library chooses. If that worker ends without having answered,
   * the connection is closed: the library would leave the client waiting, or take the rest of a body for a request.
   */
  handOver(socket: Socket, give: () => void): void;
}

type Sent = (error: Error | null) => void;

/** Time that a client has to see the end of its answer, in milliseconds; whoever still sends then is cut off. */
const LINGER_MS = 500;

/** `stop` gives answers that the workers have finished up to `flushTimeoutMs` to reach their clients. */
export function createConnections(flushTimeoutMs: number): Connections {
  const owners = new Map<Socket, Worker | undefined>();
  let given: Socket | undefined;

  function forget(socket: Socket): void {
    owners.delete(socket);
  }

  // The library does not say whom it has chosen, so this watches to whom it sends.
  function watch(worker: Worker): void {
    const send = worker.send.bind(worker) as (...args: unknown[]) => boolean;
    worker.send = (...args: unknown[]): boolean => {
      const socket = given;
      if (socket === undefined) return send(...args);
      owners.set(socket, worker);
      const [message, handle, sent] = args;
      if (handle !== socket) return send(...args);
      stopReading(socket);
      return send(message, socket, (error: Error | null) => {
        forget(socket);
        (sent as Sent)(error);
      });
    };
    worker.once("exit", () => release(worker));
  }

  function release(worker: Worker): void {
    if (worker.isConnected()) {
      setImmediate(release, worker); // what it said last is still to be read
      return;
    }
    finishChannel(worker);
    for (const [socket, owner] of owners) if (owner === worker && !socket.writableEnded) socket.destroy();
  }

  async function flush(): Promise<void> {
    const unfinished: Promise<void>[] = [];
    for (const socket of owners.keys()) {
      if (socket.writableEnded)
        unfinished.push(new Promise((resolve) => socket.once("close", () => resolve())));
      else socket.destroy(); // no worker is left to answer it
    }
    const timer = setTimeout(() => {
      for (const socket of owners.keys()) socket.destroy();
    }, flushTimeoutMs);
    await Promise.all(unfinished);
    clearTimeout(timer);
  }

  return {
    name: "connections",
    async start() {
      cluster.on("fork", watch);
    },
    async stop() {
      cluster.off("fork", watch);
      await flush();
    },
    add(socket) {
      owners.set(socket, undefined);
      let lingering: NodeJS.Timeout | undefined;
      socket.once("finish", () => {
        lingering = setTimeout(() => socket.destroy(), LINGER_MS);
      });
      socket.once("close", () => {
        clearTimeout(lingering);
        forget(socket);
      });
    },
    handOver(socket, give) {
      given = socket;
      give();
      given = undefined;
    },
  };
}

/** What Node's ChildProcess has besides its types: the handle that the other end has not acknowledged yet. */
interface Sending {
  readonly _pendingMessage?: { readonly handle: { close(): void } } | null;
}

/**
 * Ends what Node leaves half done when a process dies with a handle on its way to it: the handle stays open, and as
 * `disconnect` is not emitted, cluster keeps the worker (`target.disconnect` in lib/internal/child_process.js).
 */
function finishChannel(worker: Worker): void {
  const { _pendingMessage: pending } = worker.process as Worker["process"] & Sending;
  pending?.handle.close();
  if (cluster.workers?.[worker.id] === worker) worker.process.emit("disconnect");
}
