import { rm } from "node:fs/promises";
import type { Server as HttpServer } from "node:http";
import { basename } from "node:path";
import { StartError } from "../../process/start-error.js";
import { makeSocketDir } from "../socket-place.js";
import { socketPathOf } from "./siblings.js";

/**
 * Has the server listen on a socket of its own, whoever brings it its connections: its time limits, and what ends its connections at a stop,
 * hold for all of them only while it listens somewhere.
 * @throws {StartError} when it cannot: a temporary one, as its directory is made again for the next worker when it has gone.
 */
export function listenPrivately(httpServer: HttpServer, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    httpServer.once("error", ({ message }) => {
      reject(new StartError(`TMPDIR cannot have the socket of the worker: ${message}`, { temporary: true }));
    });
    // Exclusive: else Node's cluster would have the primary accept, and pass each connection on.
    httpServer.listen({ path, exclusive: true, backlog: 4096 }, resolve);
  });
}

/**
 * The same for a server that nobody is to reach in that way: its socket has no name once it listens, so that nothing is left of it either.
 * @throws {StartError} when TMPDIR cannot have it.
 */
export async function listenForNobody(httpServer: HttpServer): Promise<void> {
  const dir = await makeSocketDir(basename(socketPathOf("", 1)));
  try {
    await listenPrivately(httpServer, socketPathOf(dir, 1));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
