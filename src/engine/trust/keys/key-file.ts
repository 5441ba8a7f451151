import { readFile } from "node:fs/promises";
import { type ApiKey, parseApiKeys, problemIn } from "../../config/api-keys.js";
import type { Component } from "../../process/lifecycle.js";
import type { Logger } from "../../process/logger.js";

/** Time between two looks at the file, in milliseconds. A change counts within twice of it. */
const LOOK_MS = 1000;

/** The configured keys, kept up to date with their file. */
export interface KeyFile extends Component {
  /** Those that count: of the last version of the file that was right. */
  current(): readonly ApiKey[];
  /** Looks at once. Never rejects. */
  reread(): Promise<void>;
}

/** What it is made of. */
export interface KeyFileParts {
  /** Empty: there is no file, and the keys stay what they are. */
  readonly path: string;
  readonly first: readonly ApiKey[];
  readonly onChange: (keys: readonly ApiKey[]) => void;
  readonly log: Logger;
}

/**
 * Reads the file once a second rather than being told of changes: secrets that are mounted into containers change by a link, of which
 * watchers miss some. A version that is wrong changes nothing and is told once.
 */
export function createKeyFile({ path, first, onChange, log }: KeyFileParts): KeyFile {
  let keys = first;
  let shown = JSON.stringify(first);
  /** What was last told of the file; undefined while it is right. */
  let problem: string | undefined;
  let looking: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function look(): Promise<void> {
    try {
      const found = parseApiKeys(await readFile(path, "utf8"));
      if (problem !== undefined) log.info("API_KEYS_FILE is right again");
      problem = undefined;
      const text = JSON.stringify(found);
      if (text === shown) return;
      shown = text;
      keys = found;
      log.info({ kids: keys.map(({ kid }) => kid) }, "keys of the server API replaced");
      onChange(keys);
    } catch (error) {
      const reason = problemIn(error);
      if (reason !== problem) log.error({ reason }, "API_KEYS_FILE is wrong; the keys stay what they were");
      problem = reason;
    }
  }

  function reread(): Promise<void> {
    if (path === "") return Promise.resolve();
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  return {
    name: "key file",
    async start() {
      if (path !== "") timer = setInterval(() => void reread(), LOOK_MS);
    },
    async stop() {
      clearInterval(timer);
      await looking;
    },
    current: () => keys,
    reread,
  };
}
