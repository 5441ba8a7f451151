import { readFile } from "node:fs/promises";
import { problemIn } from "../config/api-keys.js";
import type { Component } from "../process/lifecycle.js";
import type { Logger } from "../process/logger.js";
import { StartError } from "../process/start-error.js";

/** Time between two looks at the file, in milliseconds. A change counts within twice of it. */
const LOOK_MS = 1000;

/** How a file is followed. */
interface WatchedFileParts<Value> {
  /** Variable that names the file, for messages. */
  readonly variable: string;
  readonly path: string;
  /** @throws {TypeError} that says what is wrong, and repeats nothing of the text. */
  readonly read: (text: string) => Value;
  /** Hears of each version that is right, the first one included. */
  readonly onChange?: (value: Value) => void;
  readonly log: Logger;
}

/** What a file holds, kept up to date. */
export interface WatchedFile<Value> extends Component {
  /** Of the last version of the file that was right. Once started. */
  value(): Value;
  /** Looks at once. Never rejects. */
  reread(): Promise<void>;
}

/**
 * Reads a small file every second, so that what it holds is replaced without a restart: by a write, by another file of its name, or by
 * another target of a link, as Kubernetes does it, which watchers of files miss at times. A version that cannot be read, or is wrong,
 * changes nothing and is told of once. The first time it keeps the start from succeeding.
 */
export function createWatchedFile<Value>(parts: WatchedFileParts<Value>): WatchedFile<Value> {
  const { variable, path, read, onChange, log } = parts;
  let text: string | undefined;
  let current: { readonly value: Value } | undefined;
  /** What was last told of the file; undefined while it is right. */
  let problem: string | undefined;
  let looking: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  /** @throws what is wrong with the file. */
  async function load(): Promise<void> {
    const found = await readFile(path, "utf8");
    if (found === text && problem === undefined) return;
    const value = read(found);
    current = { value };
    if (text !== undefined) log.info({ variable }, "a file of secrets or keys was read again");
    text = found;
    problem = undefined;
    onChange?.(value);
  }

  async function look(): Promise<void> {
    try {
      await load();
    } catch (error) {
      const reason = problemIn(error, path);
      if (reason !== problem)
        log.error({ variable, reason }, "a file of secrets or keys is wrong; what it held before counts on");
      problem = reason;
    }
  }

  function reread(): Promise<void> {
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  return {
    name: `file of ${variable}`,
    async start() {
      await load().catch((error: unknown) => {
        throw new StartError(`${variable} names a file that cannot be used: it ${problemIn(error, path)}`);
      });
      timer = setInterval(() => void reread(), LOOK_MS);
    },
    async stop() {
      clearInterval(timer);
      await looking;
    },
    value() {
      if (current === undefined) throw new Error(`the file of ${variable} was not read yet`);
      return current.value;
    },
    reread,
  };
}
