import { type ApiKey, parseApiKeys } from "../../config/api-keys.js";
import type { KeysConfig } from "../../config/keys-config.js";
import type { Logger } from "../../process/logger.js";
import { createWatchedFile, type WatchedFile } from "../watched-file.js";

/** The configured keys, which follow their file if they have one. `onChange` hears of each list, the first one of a file included. */
export function createKeyFile(
  { first, file: path }: KeysConfig,
  onChange: (keys: readonly ApiKey[]) => void,
  log: Logger,
): WatchedFile<readonly ApiKey[]> {
  if (path === "")
    return {
      ...{ name: "keys", start: async () => {}, stop: async () => {} },
      ...{ value: () => first, reread: async () => {} },
    };
  return createWatchedFile({ variable: "API_KEYS_FILE", path, read: parseApiKeys, onChange, log });
}
