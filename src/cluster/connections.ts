import cluster, { type Worker } from "node:cluster";
import { Socket, type SocketConstructorOpts } from "node:net";
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
   * Has `give` hand the connection to a worker. If that one ends without having taken it, `again` gets it, to give it to
   * another; without `again` it is closed: the sticky library would leave the client waiting, or take the rest of a body
   * for a request.
   */
  handOver(socket: Socket, give: () => void, again?: Again): void;
}

/** Gets a connection of which nobody has read since it was handed over. */
type Again = (socket: Socket) => void;

type Sent = (error: Error | null) => void;

/** Where a connection is going. */
interface Course {
  readonly worker: Worker;
  readonly again: Again | undefined;
}

/** Time that a client has to see the end of its answer, in milliseconds; whoever still sends then is cut off. */
const LINGER_MS = 500;

/** `stop` gives answers that the workers have finished up to `flushTimeoutMs` to reach their clients. */
export function createConnections(flushTimeoutMs: number): Connections {
  const owners = new Map<Socket, Course | undefined>();
  /** By the message that goes with the connection: Node leaves nothing in the socket that it sends. */
  const sent = new WeakMap<object, Again>();
  let given: { readonly socket: Socket; readonly again: Again | undefined } | undefined;

  function forget(socket: Socket): void {
    owners.delete(socket);
  }

  // The library does not say whom it has chosen, so this watches to whom it sends.
  function watch(worker: Worker): void {
    const send = worker.send.bind(worker) as (...args: unknown[]) => boolean;
    worker.send = (...args: unknown[]): boolean => {
      if (given === undefined) return send(...args);
      const { socket, again } = given;
      owners.set(socket, { worker, again });
      const [message, handle, onSent] = args;
      if (handle !== socket) return send(...args);
      stopReading(socket);
      if (again !== undefined) sent.set(message as object, again);
      return send(message, socket, (error: Error | null) => {
        forget(socket);
        (onSent as Sent)(error);
      });
    };
    worker.once("exit", () => release(worker));
  }

  function release(worker: Worker): void {
    if (worker.isConnected()) {
      setImmediate(release, worker); // what it said last is still to be read
      return;
    }
    // A worker acknowledges a connection before it reads of it, and all that it said has been read.
    const unread = finishChannel(worker, sent);
    for (const [socket, course] of owners) {
      if (course?.worker !== worker || socket.writableEnded) continue;
      if (course.again === undefined) socket.destroy();
      else unread.push([socket, course.again]);
    }
    for (const [socket, again] of unread) again(socket);
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
    handOver(socket, give, again) {
      given = { socket, again };
      give();
      given = undefined;
    },
  };
}

/** What Node's ChildProcess has besides its types: what the other end has not acknowledged yet. */
interface Sending {
  readonly _pendingMessage?: {
    readonly handle: { close(): void };
    readonly message: { readonly msg: object };
  } | null;
}

/**
 * Ends what Node leaves half done when a process dies with a handle on its way to it: the handle stays open, and as
 * `disconnect` is not emitted, cluster keeps the worker (`target.disconnect` in lib/internal/child_process.js).
 * @returns the connection that was on its way, if there is somebody to take it.
 */
function finishChannel(worker: Worker, sent: WeakMap<object, Again>): [Socket, Again][] {
  const { _pendingMessage: pending } = worker.process as Worker["process"] & Sending;
  if (cluster.workers?.[worker.id] === worker) worker.process.emit("disconnect");
  if (pending == null) return [];
  const { handle, message } = pending;
  const again = sent.get(message.msg);
  if (again !== undefined) return [[socketOf(handle), again]];
  handle.close();
  return [];
}

/** As Node makes one of a connection that it has accepted. */
function socketOf(handle: object): Socket {
  const options: SocketConstructorOpts & { readonly handle: object } = { handle, allowHalfOpen: true };
  const socket = new Socket(options);
  return socket.on("error", () => {}); // the client's end; "close" follows
}
