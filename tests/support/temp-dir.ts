import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onEnd } from "./cleanup.js";

/** A private, empty directory, removed at the end with all that is in it. The path is short enough for Unix sockets. */
export async function tempDir(name: string): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), `shoal-${name}-`));
  onEnd(() => rm(path, { recursive: true, force: true }));
  return path;
}
