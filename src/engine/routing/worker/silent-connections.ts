import type { Server as HttpServer } from "node:http";
import type { Socket } from "node:net";
import { waitAtMost } from "../../process/wait-at-most.js";

/** Connections on which nothing was asked yet. Whoever stops takes no request from them that is on its way. */
export interface SilentConnections {
  /** One has come. */
  add(socket: Socket): void;
  /** It has said something, or ended. */
  remove(socket: Socket): void;
  /** Waits for their first requests, as long as was said at most, and ends those that stay silent. No other may be added any more. */
  end(): Promise<void>;
}

/** At the end it waits no longer than `firstRequestsMs`. */
export function createSilentConnections(httpServer: HttpServer, firstRequestsMs: number): SilentConnections {
  const silent = new Set<Socket>();
  let onNone = (): void => {};

  function remove(socket: Socket): void {
    silent.delete(socket);
    if (silent.size === 0) onNone();
  }

  httpServer.on("request", ({ socket }) => remove(socket));
  httpServer.on("upgrade", ({ socket }) => remove(socket));

  return {
    add: (socket) => void silent.add(socket),
    remove,
    async end() {
      const none = new Promise<void>((resolve) => {
        onNone = resolve;
      });
      if (silent.size > 0) await waitAtMost(none, firstRequestsMs);
      for (const socket of silent) socket.destroy();
    },
  };
}
