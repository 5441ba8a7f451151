import type { Caps } from "../../contract/capabilities.js";
import { readCaps } from "./caps.js";
import { placeOf } from "./file-place.js";

/** A key of the server API as it is configured. The secret itself is known to its holder only. */
export interface ApiKey {
  /** Names the key; no secret. */
  readonly kid: string;
  /** SHA-256 of its secret in lower-case hex; two while one secret replaces the other. */
  readonly sha256: readonly string[];
  readonly caps: Caps;
}

/** The letters of a key's name; a key is `<kid>.<secret>`. */
export const KID = /^[A-Za-z0-9_-]{1,64}$/;

const SHA_256 = /^[0-9a-f]{64}$/i;
const FIELDS = ["kid", "sha256", "caps"];
const MOST_KEYS = 1000;

/**
 * The keys in the variable API_KEYS, where some put the path of their file.
 * @throws {TypeError} as {@link parseApiKeys}.
 */
export function parseApiKeysVariable(text: string): readonly ApiKey[] {
  if (!/^\s*[[{]/.test(text))
    throw new TypeError(
      "must be a JSON list of {kid, sha256, caps}; the path of a file with one belongs in API_KEYS_FILE",
    );
  return parseApiKeys(text);
}

/**
 * The keys in a JSON list of `{kid, sha256, caps}`. What in `caps` grants nothing is refused.
 * @throws {TypeError} that names the key and its field, and no value: people paste secrets into the wrong place.
 */
export function parseApiKeys(text: string): readonly ApiKey[] {
  const list = parsed(text);
  if (!Array.isArray(list)) throw new TypeError("must be a JSON list of {kid, sha256, caps}");
  if (list.length > MOST_KEYS) throw new TypeError(`must have at most ${MOST_KEYS} keys`);
  const keys = list.map((entry: unknown, index) => keyOf(entry, `key ${index + 1}`));
  const kids = keys.map(({ kid }) => kid);
  const twice = kids.find((kid, index) => kids.indexOf(kid) !== index);
  if (twice !== undefined) throw new TypeError(`must have each kid once, not "${twice}" twice`);
  return keys;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new TypeError("must be valid JSON"); // the parser's own message shows a part of the text
  }
}

function keyOf(entry: unknown, place: string): ApiKey {
  if (!isRecord(entry)) throw new TypeError(`must have an object as ${place}`);
  const { kid } = entry;
  if (typeof kid !== "string" || !KID.test(kid))
    throw new TypeError(`must have 1 to 64 letters, digits or any of _ - as "kid" of ${place}`);
  const name = `key "${kid}"`;
  if (Object.keys(entry).some((field) => !FIELDS.includes(field)))
    throw new TypeError(`must have no other fields than ${FIELDS.join(", ")} in ${name}`);
  return {
    kid,
    sha256: hashesOf(entry.sha256, name),
    caps: readCaps(entry.caps, "key", ` in "caps" of ${name}`),
  };
}

function hashesOf(value: unknown, name: string): readonly string[] {
  const isList = Array.isArray(value) && (value.length === 1 || value.length === 2);
  if (!isList || !value.every((hash: unknown) => typeof hash === "string" && SHA_256.test(hash)))
    throw new TypeError(
      `must have one or two SHA-256 of 64 hexadecimal digits as a list in "sha256" of ${name}`,
    );
  return value.map((hash: string) => hash.toLowerCase());
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What was wrong with the file of keys at this path, in words that show no part of it. */
export function problemIn(error: unknown, path: string): string {
  if (error instanceof TypeError) return error.message;
  return `cannot be read: ${(error as NodeJS.ErrnoException).code ?? "for an unknown reason"} (${placeOf(path)})`;
}
