import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Component } from "../../process/lifecycle.js";
import { StartError } from "../../process/start-error.js";

/** A directory of this instance for the private sockets of its workers. */
export interface SocketDir extends Component {
  /** Known once started. */
  path(): string;
}

/**
 * Below the system's directory for temporary files, for this user only. It goes at the stop and at any end of this process but
 * kill -9; then the workers remove it, if they are left to.
 */
export function createSocketDir(): SocketDir {
  let dir = "";
  const remove = (): void => rmSync(dir, { recursive: true, force: true });

  return {
    name: "socket directory",
    async start() {
      // mkdtemp gives it the mode 0700.
      dir = await mkdtemp(join(tmpdir(), "shoal-")).catch((error: Error) => {
        throw new StartError(
          `TMPDIR ${tmpdir()} cannot be written, and the workers need sockets there: ${error.message}`,
        );
      });
      process.once("exit", remove);
    },
    async stop() {
      process.off("exit", remove);
      remove();
    },
    path: () => dir,
  };
}
