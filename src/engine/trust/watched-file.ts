import { readFile } from "node:fs/promises";
import type { Component } from "../process/lifecycle.js";
import type { Logger } from "../process/logger.js";
import { StartError } from "../process/start-error.js";

/** How often the file is read, in milliseconds. */
const READ_EVERY_MS = 2000;

/** How a file is followed. */
export interface WatchedFileParts<Value> {
  /** Variable that names the file, for messages. */
  readonly variable: string;
  readonly path: string;
  /** @throws {TypeError} that says what is wrong, and repeats nothing of the text. */
  readonly read: (text: string) => Value;
  readonly log: Logger;
}

/** What a file holds, kept up to date. */
export interface WatchedFile<Value> extends Component {
  /** As of the last time at which it could be read. Once started. */
  value(): Value;
}

/**
 * Reads a small file every 2 s, so that what it holds is replaced without a restart: by a write, by another file of its name, or by
 * another target of a link, as Kubernetes does it. A file that cannot be read, or is wrong, changes nothing and is told of once. The first time
 * it keeps the start from succeeding.
 */
export function createWatchedFile<Value>({
  variable,
  path,
  read,
  log,
}: WatchedFileParts<Value>): WatchedFile<Value> {
  let text: string | undefined;
  let current: { readonly value: Value } | undefined;
  let problem: string | undefined;
  let timer: NodeJS.Timeout | undefined;

  /** @throws what is wrong with the file. */
  async function load(): Promise<void> {
    const found = await readFile(path, "utf8");
    if (found === text && problem === undefined) return;
    current = { value: read(found) };
    if (text !== undefined) log.info({ variable }, "a file of secrets or keys was read again");
    text = found;
    problem = undefined;
  }

  async function follow(): Promise<void> {
    try {
      await load();
    } catch (error) {
      const reason = reasonOf(error);
      if (reason !== problem) log.error({ variable, reason }, "a file of secrets or keys cannot be used");
      problem = reason;
    }
  }

  return {
    name: `file of ${variable}`,
    async start() {
      await load().catch((error: unknown) => {
        throw new StartError(`${variable} names a file that cannot be used: it ${reasonOf(error)}`);
      });
      timer = setInterval(() => void follow(), READ_EVERY_MS);
    },
    async stop() {
      clearInterval(timer);
    },
    value() {
      if (current === undefined) throw new Error(`the file of ${variable} was not read yet`);
      return current.value;
    },
  };
}

/** A message of the file system has the path, which may be looked at; those of `read` have nothing of the text. */
function reasonOf(error: unknown): string {
  if (error instanceof TypeError) return error.message;
  return `cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown"})`;
}
