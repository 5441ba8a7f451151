import type { Server as HttpServer } from "node:http";

/**
 * Has the server listen on a socket of its own, whoever brings it its connections: its time limits, and what ends its connections at a stop,
 * hold for all of them only while it listens somewhere.
 */
export function listenPrivately(httpServer: HttpServer, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    httpServer.once("error", reject);
    // Exclusive: else Node's cluster would have the primary accept, and pass each connection on.
    httpServer.listen({ path, exclusive: true, backlog: 4096 }, resolve);
  });
}
