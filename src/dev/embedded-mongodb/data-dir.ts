import { constants } from "node:fs";
import { access, chmod, lstat, mkdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { StartError } from "../../engine/process/start-error.js";
import { errorCode } from "./error-code.js";

/** Apart, as one cannot read the files of the other: the engine is of a later version than any mongod. */
const DATABASES = { engine: "mongodb", mongod: "mongod" } as const;

/** Where the database of this kind lies. */
export function databaseDirOf(dataDir: string, kind: keyof typeof DATABASES): string {
  return join(dataDir, DATABASES[kind]);
}

/**
 * Makes sure that `dataDir` is a directory that can be read and written, creating it if needed, and returns
 * its one true path, whatever links led to it. What it holds besides is left alone, and so is its mode when it was there
 * before; the databases in it are made private to this user. One that belongs to another user, or to which another user has laid a
 * link, is refused: who may write in `dataDir` could choose where the data goes, or read it.
 * @throws {StartError} naming DATA_DIR and what is wrong with it.
 */
export async function openDataDir(dataDir: string): Promise<string> {
  try {
    await makeDirectory(dataDir);
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    const path = await realpath(dataDir);
    for (const name of Object.values(DATABASES)) await makePrivate(join(path, name));
    return path;
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

/** It may have been made when its parent was the only guard, or copied. One that is not there yet is made by who uses it. */
async function makePrivate(path: string): Promise<void> {
  try {
    requireOurs(path, await lstat(path)); // first, as what a link points to need not be there yet
    const found = await stat(path);
    requireOurs(path, found);
    if ((found.mode & 0o077) !== 0) await chmod(path, 0o700);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
}

function requireOurs(path: string, { uid }: { readonly uid: number }): void {
  if (uid !== (process.getuid?.() ?? uid)) throw new Error(`${basename(path)} in it belongs to another user`);
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
      return errorCode(error) || (error instanceof Error ? error.message : String(error));
  }
}
