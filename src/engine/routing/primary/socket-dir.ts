import { mkdtempSync, rmSync } from "node:fs";
import { mkdtemp, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Component } from "../../process/lifecycle.js";
import { StartError } from "../../process/start-error.js";

/** Longest address of a Unix socket, in bytes, on Linux and on the others; beyond it the system takes the beginning of it. */
const LONGEST_ADDRESS = process.platform === "linux" ? 107 : 103;
/** What comes behind the prefix at most: the random part of the name, and the socket of a worker with a high number. */
const LONGEST_REST = "XXXXXX/operator-9999999.sock";

/** A directory of this instance for the private sockets of its workers. */
export interface SocketDir extends Component {
  /** Makes it when it is asked for first. */
  path(): string;
}

/**
 * Below the system's directory for temporary files, for this user only. It goes at the stop and at any end of this process but
 * kill -9; then the workers that were told of it remove it. So it is not there before a worker listens.
 */
export function createSocketDir(): SocketDir {
  // mkdtemp gives it the mode 0700.
  const prefix = join(tmpdir(), "shoal-");
  let dir: string | undefined;

  function remove(): void {
    if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
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
    },
    async stop() {
      process.off("exit", remove);
      remove();
    },
    path() {
      dir ??= mkdtempSync(prefix);
      return dir;
    },
  };
}
