/// <reference types="node" />
import { createHash } from "node:crypto";
import { type FileHandle, mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { lockFile } from "./file-lock.js";
import { inOrder, isKeptMessage, type KeptMessage, type OutboxStore, type Shelf } from "./store.js";

export type { KeptMessage, OutboxStore, Shelf } from "./store.js";
export type FileStoreOptions = {
  /** How long to wait for a process that has the same outbox and is about to end: by default 12 s, more than a killed one is taken for alive. */
  waitMs?: number;
};

/** The file is written anew when it has this many lines more than messages. */
const MOST_DEAD_LINES = 1000;
const WAIT_MS = 12_000;

/** A line of the file: what happened to a message. */
type Line = { keep: KeptMessage } | { remove: string };

const toText = (lines: readonly Line[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join("");

/** What the lines leave. One that was cut short says nothing: its message was not kept yet. */
function messagesIn(text: string): Map<string, KeptMessage> {
  const messages = new Map<string, KeptMessage>();
  for (const line of text.split("\n")) {
    let parsed: { keep?: unknown; remove?: unknown } | null = null;
    try {
      parsed = JSON.parse(line);
    } catch {}
    if (isKeptMessage(parsed?.keep)) messages.set(parsed.keep.id, parsed.keep);
    else if (typeof parsed?.remove === "string") messages.delete(parsed.remove);
  }
  return messages;
}

/** With all above it. Node's own way to do that never ends where the system says that what is there is not, as in /proc. */
async function makeDirectory(path: string): Promise<void> {
  /** False when what is above it is not there. */
  const isMade = () =>
    mkdir(path, { mode: 0o700 }).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === "EEXIST" || error.code === "ENOENT") return error.code === "EEXIST";
        throw error;
      },
    );
  if (await isMade()) return;
  if (dirname(path) !== path) await makeDirectory(dirname(path));
  await isMade(); // what comes next fails where it is not
}

/** A new name in a directory survives the machine's end, where the system can do that. */
async function persistNames(directory: string): Promise<void> {
  const names = await open(directory, "r").catch(() => undefined);
  await names?.sync().catch(() => {});
  await names?.close();
}

/**
 * Keeps outboxes in files of a directory, one for each server and user, which one process has at a time. What was written survives the end
 * of the process, and that of the machine. For programs of Node.js.
 */
export function fileStore(directory: string, { waitMs = WAIT_MS }: FileStoreOptions = {}): OutboxStore {
  return { isLasting: true, open: (owner) => openShelf(directory, owner, waitMs) };
}

async function openShelf(directory: string, owner: string, waitMs: number): Promise<Shelf> {
  await makeDirectory(directory);
  // Ids of users differ by case, names of files may not.
  const name = createHash("sha256").update(owner).digest("hex").slice(0, 32);
  const path = join(directory, `${name}.jsonl`);
  const lock = await lockFile(`${path}.lock`, waitMs);
  let messages = new Map<string, KeptMessage>();
  let file: FileHandle | undefined;
  let lines = 0;
  let isTorn = false;

  /** Writes what is there into a new file, which takes the place of the old one once it is complete. */
  async function rewrite(): Promise<void> {
    const fresh = await open(`${path}.new`, "w", 0o600);
    try {
      await fresh.writeFile(toText([...messages.values()].map((keep) => ({ keep }))));
      await fresh.datasync();
      await rename(`${path}.new`, path);
      await persistNames(directory);
    } catch (error) {
      await fresh.close();
      throw error;
    }
    await file?.close();
    file = fresh;
    lines = messages.size;
    isTorn = false;
  }

  async function append(added: readonly Line[]): Promise<void> {
    const text = toText(added);
    const isAfterTorn = isTorn;
    isTorn = true; // until it is known that the line is whole
    await file?.appendFile(isAfterTorn ? `\n${text}` : text);
    await file?.datasync();
    isTorn = false;
    lines += added.length;
  }

  try {
    const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "";
      throw error;
    });
    messages = messagesIn(text);
    await rewrite();
  } catch (error) {
    await lock.release();
    throw error;
  }
  return {
    left: inOrder([...messages.values()]),
    async write(kept, removed) {
      lock.check();
      for (const message of kept) messages.set(message.id, message);
      for (const id of removed) messages.delete(id);
      await append([...kept.map((keep) => ({ keep })), ...removed.map((remove) => ({ remove }))]);
      // What was to be kept is: when this fails, as on a full disk, it is tried again with the next write.
      if (lines > messages.size + MOST_DEAD_LINES) await rewrite().catch(() => {});
    },
    takeOver: async () => [],
    async close() {
      await file?.close();
      await lock.release();
    },
  };
}
