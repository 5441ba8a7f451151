import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { errorCode } from "./error-code.js";

/** The stable name under which clients find the database, a link to the socket of the moment. */
const SOCKET = "mongodb.sock";

/** Longest path of a Unix socket that all systems take, in bytes (macOS: 104 with the final zero). */
const MAX_SOCKET_PATH_BYTES = 103;

/** Room for the longest name below the run directory: `/embedded-mongodb-XXXXXX/mongodb.sock` of the engine's package. */
const LONGEST_NAME_BYTES = 37;

/**
 * The directory of a database's sockets: the same for the same user and database directory, so that the
 * URI outlives a restart; short, as the paths of Unix sockets are. `/tmp` stands in for a long `tempDir`.
 */
export function runDirOf(databaseDir: string, userId: number, tempDir: string): string {
  const digest = createHash("sha256").update(`${userId}\0${databaseDir}`).digest("hex");
  const name = `shoal-${digest.slice(0, 10)}`;
  const path = join(tempDir, name);
  const fits = Buffer.byteLength(path) + LONGEST_NAME_BYTES <= MAX_SOCKET_PATH_BYTES;
  return fits ? path : join("/tmp", name);
}

/** The URI that clients keep, valid whenever a database serves in `runDir`. */
export function uriOf(runDir: string): string {
  return `mongodb://${encodeURIComponent(join(runDir, SOCKET))}/?directConnection=true`;
}

/**
 * Makes `runDir` a private directory of this user.
 * @throws naming TMPDIR when it cannot be written; when somebody else has taken its name, as anyone can in a shared temporary directory.
 */
export function ensureRunDir(runDir: string): void {
  try {
    mkdirSync(runDir, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) !== "EEXIST") {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`TMPDIR ${dirname(runDir)} cannot be written: ${reason}`, { cause: error });
    }
    if (!isPrivateDir(runDir))
      throw new Error(`${runDir} exists and is not a private directory of this user`);
  }
}

/** Whether there is such a directory that only this user can enter. What lies in another one may have been laid there by anybody. */
export function isPrivateDir(runDir: string): boolean {
  const found = lstatSync(runDir, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
}

/** Removes what a killed predecessor left in `runDir`, except the names in `keep`. Only while holding the database's lock. */
export function clearRunDir(runDir: string, keep: readonly string[] = []): void {
  for (const name of readdirSync(runDir)) {
    if (!keep.includes(name)) rmSync(join(runDir, name), { recursive: true, force: true });
  }
}

/** Lets the stable name point at `socketPath`, from one moment to the next. */
export function publishSocket(runDir: string, socketPath: string): void {
  const next = join(runDir, `${SOCKET}.next`);
  rmSync(next, { force: true });
  symlinkSync(relative(runDir, socketPath), next);
  renameSync(next, join(runDir, SOCKET));
}

/** Removes `runDir` with all in it; fine if it is gone. Only while holding the database's lock: a successor uses the same name. */
export function removeRunDir(runDir: string): void {
  rmSync(runDir, { recursive: true, force: true });
}

/** Takes back `names` after a failed start, and `runDir` too unless somebody else is in it. */
export function leaveRunDir(runDir: string, names: readonly string[]): void {
  for (const name of names) rmSync(join(runDir, name), { force: true });
  try {
    rmdirSync(runDir);
  } catch {
    // in use
  }
}
