import cluster, { type Worker } from "node:cluster";
import type { Socket } from "node:net";
import { watchSends } from "../../internals/sticky.js";
import type { Component } from "../../process/lifecycle.js";

/** Time that a client has to see the end of its answer, in milliseconds; whoever still sends then is cut off. */
const LINGER_MS = 500;

/**
 * The connections that are in the primary's hands with `ROUTING=sticky`: nothing said yet, or with a body, when the answer
 * comes back through the primary.
 */
export interface StickySockets extends Component {
  /** Counts a connection until it closes or a worker has it. */
  add(socket: Socket): void;
  /** Has `give` hand the connection to a worker; when that one ends, it is closed: the library would leave the client waiting. */
  handOver(socket: Socket, give: () => void): void;
}

/** `stop` gives answers that the workers have finished up to `flushTimeoutMs` to reach their clients. */
export function createStickySockets(flushTimeoutMs: number): StickySockets {
  const owners = new Map<Socket, Worker | undefined>();
  let given: Socket | undefined;

  // The library sends the connection as such, or the bytes of a body: only then the connection stays here.
  function watch(worker: Worker): void {
    watchSends(worker, (send, args) => {
      const [message, handle] = args;
      if (given !== undefined) owners.set(given, worker);
      if (given === undefined || handle !== given) return send(...args);
      const socket = given;
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
      socket.once("finish", () => {
        lingering = setTimeout(() => socket.destroy(), LINGER_MS);
      });
      socket.once("close", () => {
        clearTimeout(lingering);
        owners.delete(socket);
      });
    },
    handOver(socket, give) {
      given = socket;
      give();
      given = undefined;
    },
  };
}
