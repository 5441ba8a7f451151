/// <reference types="node" />
import { randomBytes } from "node:crypto";
import { readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { clearInterval, setInterval } from "node:timers";

/** Who holds it shows so often that he is there. */
const BEAT_MS = 2000;
/** Who has not for so long is gone: another process may have his number by now. */
const GONE_MS = 10_000;
const LOOK_MS = 250;

type Holder = { host: string; pid: number; origin: number; name: string };

export type FileLock = {
  /** @throws {Error} when another process has taken it, as this one had not shown itself for too long. */
  check(): void;
  release(): Promise<void>;
};

const parsed = (text: string): Partial<Holder> => {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {}; // it is being written
  }
};

function isAlive({ host, pid = 0, origin }: Partial<Holder>): boolean {
  // Numbers of another machine's processes, or of another container's on the same volume, say nothing here.
  if (host !== hostname()) return true;
  // In a container the next process may well have the number of the one before, and be this one.
  if (pid === process.pid) return origin === performance.timeOrigin;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Takes away the lock of one who is gone; false when he is not. */
async function clear(path: string, name: string): Promise<boolean> {
  const holder = await readFile(path, "utf8").then(parsed, () => undefined);
  const seenAt = await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
  if (holder === undefined || seenAt === undefined) return true;
  const isFresh = Math.abs(Date.now() - seenAt) < GONE_MS;
  if (isFresh && (holder.pid === undefined || isAlive(holder))) return false;
  const aside = `${path}.${name}`;
  await rename(path, aside).catch(() => {});
  const taken = await readFile(aside, "utf8").then(parsed, () => undefined);
  // Somebody else was quicker, and this is his.
  if (taken !== undefined && taken.name !== holder.name) await rename(aside, path).catch(() => {});
  await rm(aside, { force: true });
  return true;
}

/** Takes a lock that one process may have, at the latest after `waitMs`. @throws {Error} when another one keeps it. */
export async function lockFile(path: string, waitMs: number): Promise<FileLock> {
  const name = randomBytes(8).toString("hex");
  const holder: Holder = { host: hostname(), pid: process.pid, origin: performance.timeOrigin, name };
  const until = performance.now() + waitMs;
  for (;;) {
    try {
      await writeFile(path, JSON.stringify(holder), { flag: "wx", mode: 0o600 });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    if (await clear(path, name)) continue;
    if (performance.now() > until) throw new Error(`Another process has ${path}`);
    await new Promise((resume) => setTimeout(resume, LOOK_MS));
  }

  let isLost = false;
  async function beat(): Promise<void> {
    const now = new Date();
    const found = await readFile(path, "utf8").then(parsed, () => undefined);
    if (found?.name === name) await utimes(path, now, now).catch(() => {});
    else isLost = true;
  }
  const beats = setInterval(beat, BEAT_MS).unref();
  return {
    check() {
      if (isLost) throw new Error(`Another process has taken ${path}`);
    },
    async release() {
      clearInterval(beats);
      const found = await readFile(path, "utf8").then(parsed, () => undefined);
      if (found?.name === name) await rm(path, { force: true });
    },
  };
}
