import cluster, { type Worker } from "node:cluster";
import type { Socket } from "node:net";
import { LOOKS } from "../../http/untaken-answers.js";
import { watchSends } from "../../internals/sticky.js";
import type { Component } from "../../process/lifecycle.js";

/** Time that a client has to see the end of its answer, in milliseconds; whoever still sends then is cut off. */
const LINGER_MS = 500;

/**
 * Bytes of bodies that wait to be sent to one worker beyond which no connection that sends it one is read: a worker that hangs takes
 * nothing, and this process would keep it all.
 */
const MOST_WAITING_BYTES = 1_000_000;

/**
 * The connections that are in the primary's hands with `ROUTING=sticky`: nothing said yet, or with a body, when the answer
 * comes back through the primary.
 */
export interface StickySockets extends Component {
  /** Counts a connection until it closes or a worker has it. */
  add(socket: Socket): void;
  /**
   * Has `give` emit the first "data" of the connection, for the library; when the worker that it goes to ends, it is closed: the
   * library would leave the client waiting.
   */
  handOver(socket: Socket, give: () => void): void;
}

/**
 * `stop` gives answers that the workers have finished up to `flushTimeoutMs` to reach their clients. A client that takes nothing of its
 * answer for `untakenMs` is cut off, and one that goes on sending meanwhile: the worker has given its answer away, and does not see that.
 */
export function createStickySockets(flushTimeoutMs: number, untakenMs: number): StickySockets {
  const owners = new Map<Socket, Worker | undefined>();
  /** Whose bytes the library is being given. */
  let given: { readonly socket: Socket; readonly bytes: number } | undefined;

  // The library sends the connection as such, or the bytes of a body: only then the connection stays here.
  function watch(worker: Worker): void {
    const paused = new Set<Socket>();
    let waitingBytes = 0;

    function onSent(bytes: number): void {
      waitingBytes -= bytes;
      if (waitingBytes > MOST_WAITING_BYTES) return;
      for (const socket of paused) socket.resume();
      paused.clear();
    }

    watchSends(worker, (send, args) => {
      if (given === undefined) return send(...args);
      const { socket, bytes } = given;
      const [message, handle] = args;
      owners.set(socket, worker);
      if (handle !== socket) {
        waitingBytes += bytes;
        if (waitingBytes > MOST_WAITING_BYTES) paused.add(socket.pause());
        const callback = handle as (error: Error | null) => void; // nothing is between the two
        return send(message, (error: Error | null) => {
          onSent(bytes);
          callback(error);
        });
      }
      // Closed here as soon as it is on its way, and not when it has arrived as Node would: until then this process would read
      // what the client sends next, and a worker killed meanwhile would leave the client waiting.
      return send(message, socket, { keepOpen: true }, () => socket.destroy());
    });
    worker.process.once("close", () => {
      for (const [socket, owner] of owners) if (owner === worker && !socket.writableEnded) socket.destroy();
    });
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
    name: "sticky sockets",
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
      socket.setTimeout(untakenMs, () => {
        if (socket.writableLength > 0) socket.destroy();
      });
      // What the client sends puts that off, too, and a socket of node:net that is paused is read until its buffer is full. Nothing that
      // comes after the answer has an answer: all of its request has come, or the worker has ended the connection.
      let bytesRead = Number.POSITIVE_INFINITY;
      const looking = setInterval(() => {
        if (socket.bytesRead > bytesRead) socket.destroy();
        if (socket.writableEnded) bytesRead = socket.bytesRead;
      }, untakenMs / LOOKS);
      socket.once("finish", () => {
        lingering = setTimeout(() => socket.destroy(), LINGER_MS);
      });
      socket.once("close", () => {
        clearInterval(looking);
        clearTimeout(lingering);
        owners.delete(socket);
      });
    },
    handOver(socket, give) {
      socket.prependListener("data", (chunk: Buffer) => {
        given = { socket, bytes: chunk.length };
      });
      socket.on("data", () => {
        given = undefined;
      });
      give();
    },
  };
}
