import cluster, { type Worker } from "node:cluster";
import { mkdtempSync, rmSync } from "node:fs";
import { mkdtemp, rmdir, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Component } from "../../process/lifecycle.js";
import { StartError } from "../../process/start-error.js";

/** Longest address of a Unix socket, in bytes, on Linux and on the others; beyond it the system takes the beginning of it. */
const LONGEST_ADDRESS = process.platform === "linux" ? 107 : 103;
/** What comes behind the prefix at most: the random part of the name, and the socket of a worker with a high number. */
const LONGEST_REST = "XXXXXX/operator-9999999.sock";

/** The addresses of the private sockets of the worker with this number, as Node's cluster has it. */
export type SocketsOf = (socketDir: string, worker: number) => readonly string[];

/** A directory of this instance for the private sockets of its workers. */
export interface SocketDir extends Component {
  /** Makes it when it is asked for first. */
  path(): string;
}

/**
 * Below the system's directory for temporary files, for this user only. It goes at the stop and at any end of this process but
 * kill -9; then the workers that were told of it remove it. So it is not there before a worker listens. A worker that is killed leaves
 * its sockets behind, and its number is never given again: they go with it.
 */
export function createSocketDir(socketsOf: SocketsOf): SocketDir {
  // mkdtemp gives it the mode 0700.
  const prefix = join(tmpdir(), "shoal-");
  let dir: string | undefined;

  function remove(): void {
    if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
  }

  /** Takes no descriptor, of which there may be none left. What cannot be removed now goes with the directory. */
  function removeSocketsOf({ id }: Worker): void {
    if (dir === undefined) return;
    for (const path of socketsOf(dir, id)) void unlink(path).catch(() => {});
  }

  return {
    name: "socket directory",
    async start() {
      const spare = LONGEST_ADDRESS - Buffer.byteLength(prefix + LONGEST_REST);
      if (process.platform !== "win32" && spare < 0)
        throw new StartError(`TMPDIR ${tmpdir()} is ${-spare} bytes too long for the workers' sockets`);
      try {
        await rmdir(await mkdtemp(prefix));
      } catch (error) {
        throw new StartError(
          `TMPDIR ${tmpdir()} cannot be written, and the workers need sockets there: ${(error as Error).message}`,
        );
      }
      process.once("exit", remove);
      cluster.on("exit", removeSocketsOf);
    },
    async stop() {
      process.off("exit", remove);
      cluster.off("exit", removeSocketsOf);
      remove();
    },
    path() {
      dir ??= mkdtempSync(prefix);
      return dir;
    },
  };
}
