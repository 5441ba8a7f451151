import { constants } from "node:fs";
import { access, mkdir, realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { StartError } from "../start-error.js";
import { errorCode } from "./error-code.js";

/**
 * Makes sure that `dataDir` is a directory that can be read and written, creating it if needed, and returns
 * its one true path, whatever links led to it.
 * @throws {StartError} naming DATA_DIR and what is wrong with it.
 */
export async function openDataDir(dataDir: string): Promise<string> {
  try {
    await makeDirectory(dataDir);
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    return await realpath(dataDir);
  } catch (error) {
    throw new StartError(`DATA_DIR ${dataDir} cannot be used: ${explain(error)}`, { cause: error });
  }
}

/** Not mkdir's own `recursive`: that one never returns where the system refuses new directories with ENOENT, as in /proc. */
async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) === "EEXIST" && (await stat(path)).isDirectory()) return;
    if (errorCode(error) !== "ENOENT" || path === dirname(path)) throw error;
    await makeDirectory(dirname(path));
    await mkdir(path, { mode: 0o700 });
  }
}

function explain(error: unknown): string {
  switch (errorCode(error)) {
    case "EEXIST":
    case "ENOTDIR":
      return "it is not a directory";
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "EROFS":
      return "the file system is read-only";
    default:
      return errorCode(error) || String(error);
  }
}
