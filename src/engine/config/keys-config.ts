import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type ApiKey, parseApiKeys, problemIn } from "./api-keys.js";

/** Keys of the server API. */
export interface KeysConfig {
  /** As they are at the start. */
  readonly first: readonly ApiKey[];
  /** Where they are read again, as an absolute path; empty: they do not change. */
  readonly file: string;
}

/** Whether there are keys, or may be: a file that is emptied takes everybody's key away, and lets nobody in without one. */
export function areKeysConfigured({ first, file }: KeysConfig): boolean {
  return file !== "" || first.length > 0;
}

/** What is given of the two variables; one that could not be read is missing. */
interface Given {
  readonly API_KEYS?: readonly ApiKey[];
  readonly API_KEYS_FILE?: string;
}

/** The keys as they are configured; adds to `problems` what is wrong with their file. */
export function keysIn({ API_KEYS = [], API_KEYS_FILE = "" }: Given, problems: string[]): KeysConfig {
  if (API_KEYS_FILE === "") return { first: API_KEYS, file: "" };
  if (API_KEYS.length > 0) problems.push("API_KEYS must not be set together with API_KEYS_FILE");
  const file = resolve(API_KEYS_FILE);
  try {
    return { first: parseApiKeys(readFileSync(file, "utf8")), file };
  } catch (error) {
    problems.push(`API_KEYS_FILE ${problemIn(error, file)}`);
    return { first: [], file };
  }
}
