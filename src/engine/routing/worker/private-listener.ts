import { mkdtemp, rm } from "node:fs/promises";
import type { Server as HttpServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StartError } from "../../process/start-error.js";
import { socketPathOf } from "./siblings.js";

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

/**
 * The same for a server that nobody is to reach in that way: its socket has no name once it listens, so that nothing is left of it either.
 * @throws {StartError} when TMPDIR cannot be written.
 */
export async function listenForNobody(httpServer: HttpServer): Promise<void> {
  let dir: string | undefined;
  try {
    dir = await mkdtemp(join(tmpdir(), "shoal-"));
    await listenPrivately(httpServer, socketPathOf(dir, 1));
  } catch (error) {
    throw new StartError(
      `TMPDIR ${tmpdir()} cannot be written, or is too long for the name of a socket: ${(error as Error).message}`,
    );
  } finally {
    if (dir !== undefined) await rm(dir, { recursive: true, force: true });
  }
}
