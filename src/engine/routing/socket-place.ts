import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StartError } from "../process/start-error.js";

/** Longest address of a Unix socket, in bytes, on Linux and on the others; beyond it the system takes the beginning of it. */
const LONGEST_ADDRESS = process.platform === "linux" ? 107 : 103;

/** How the names begin of directories for private sockets, below the system's directory for temporary files. */
export function socketDirPrefix(): string {
  return join(tmpdir(), "shoal-");
}

/**
 * Makes a directory for private sockets whose names are no longer than `longestName`. It is for this user only: mkdtemp gives it the mode 0700.
 * @throws {StartError} when TMPDIR cannot be written, or is too long for such a name.
 */
export async function makeSocketDir(longestName: string): Promise<string> {
  const prefix = socketDirPrefix();
  const spare = LONGEST_ADDRESS - Buffer.byteLength(`${prefix}XXXXXX/${longestName}`);
  if (process.platform !== "win32" && spare < 0)
    throw new StartError(`TMPDIR ${tmpdir()} is ${-spare} bytes too long for the workers' sockets`);
  try {
    return await mkdtemp(prefix);
  } catch (error) {
    throw new StartError(
      `TMPDIR ${tmpdir()} cannot be written, and the workers need sockets there: ${(error as Error).message}`,
    );
  }
}
