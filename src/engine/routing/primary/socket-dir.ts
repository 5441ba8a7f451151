import cluster, { type Worker } from "node:cluster";
import { mkdtempSync, rmSync } from "node:fs";
import { rmdir, unlink } from "node:fs/promises";
import type { Component } from "../../process/lifecycle.js";
import { makeSocketDir, socketDirPrefix } from "../socket-place.js";

/** The longest name in it: that of a worker with a high number. */
const LONGEST_NAME = "operator-9999999.sock";

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
      await rmdir(await makeSocketDir(LONGEST_NAME));
      process.once("exit", remove);
      cluster.on("exit", removeSocketsOf);
    },
    async stop() {
      process.off("exit", remove);
      cluster.off("exit", removeSocketsOf);
      remove();
    },
    path() {
      dir ??= mkdtempSync(socketDirPrefix());
      return dir;
    },
  };
}
