import cluster, { type Worker } from "node:cluster";
import { lstatSync, mkdirSync, mkdtempSync, rmSync, type Stats } from "node:fs";
import { rmdir, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import type { Component } from "../../process/lifecycle.js";
import type { Logger } from "../../process/logger.js";
import { makeSocketDir, socketDirPrefix } from "../socket-place.js";

/** The longest name in it: that of a worker with a high number. */
const LONGEST_NAME = "operator-9999999.sock";

/** The addresses of the private sockets of the worker with this number, as Node's cluster has it. */
export type SocketsOf = (socketDir: string, worker: number) => readonly string[];

/** A directory of this instance for the private sockets of its workers. */
export interface SocketDir extends Component {
  /** Makes it when it is asked for first. */
  path(): string;
  /** The same for a worker that is about to listen in it: makes it again when it has gone. */
  prepare(): string;
}

/**
 * Below the system's directory for temporary files, for this user only. It goes at the stop and at any end of this process but
 * kill -9; then the workers that were told of it remove it. So it is not there before a worker listens. A worker that is killed leaves
 * its sockets behind, and its number is never given again: they go with it. What cleans up temporary files may take it before: it is made
 * again with the same path, by which the workers that are there know it.
 */
export function createSocketDir(socketsOf: SocketsOf, log: Logger): SocketDir {
  let dir: string | undefined;

  function remove(): void {
    if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
  }

  /** Takes no descriptor, of which there may be none left. What cannot be removed now goes with the directory. */
  function removeSocketsOf({ id }: Worker): void {
    if (dir === undefined) return;
    for (const path of socketsOf(dir, id)) void unlink(path).catch(() => {});
  }

  /** Throws nothing: a worker that cannot have its sockets says so itself, and is tried again. */
  function makeAgain(gone: string): string {
    const found = { dir: gone, tmpDir: tmpdir() };
    try {
      const made = makeAt(gone) ? gone : mkdtempSync(socketDirPrefix());
      log.warn(
        { ...found, ...(made === gone ? {} : { made }) },
        "the directory of the workers' sockets was gone and is made again: whoever cleans TMPDIR has to spare it. Workers that are there cannot be reached by the others until they are replaced",
      );
      return made;
    } catch (error) {
      log.error(
        { ...found, err: error },
        "the directory of the workers' sockets is gone and cannot be made again",
      );
      return gone;
    }
  }

  function path(): string {
    dir ??= mkdtempSync(socketDirPrefix());
    return dir;
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
    path,
    prepare() {
      if (!isOurs(path())) dir = makeAgain(path());
      return path();
    },
  };
}

/** Whether it is a directory of this user's, and no link to one: in the place of one that has gone anybody may put something. */
function isOurs(path: string): boolean {
  const found = lookAt(path);
  if (found === undefined || !found.isDirectory()) return false;
  if (process.getuid === undefined) return true; // Windows, where sockets are none of the file system
  return found.uid === process.getuid();
}

/** Undefined where there is nothing, or nothing can be seen. */
function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** False where there is something in its place. */
function makeAt(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}
