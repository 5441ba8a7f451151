import type { JSONWebKeySet } from "jose";
import { shown } from "./token-refused.js";

/** Time for the whole answer, in milliseconds. */
const TIMEOUT_MS = 5000;
/** Largest answer. Sets of public providers have a few kB. */
const MOST_BYTES = 262_144;
const MOST_KEYS = 100;

/**
 * Gets a key set from its address, which is followed nowhere else: an answer that redirects is an error.
 * @throws {Error} when it is not there within 5 s, has more than 256 KiB or 100 keys, has no key, or is no key set.
 */
export async function downloadKeySet(url: string, signal: AbortSignal): Promise<JSONWebKeySet> {
  const response = await fetch(url, {
    headers: { Accept: "application/jwk-set+json, application/json" },
    redirect: "manual",
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the key set was answered with status ${response.status}`);
  }
  return readKeySet(await textOf(response));
}

/** @throws {Error} when the text is no set, or one of no key or of more than 100. */
export function readKeySet(text: string): JSONWebKeySet {
  const set: unknown = JSON.parse(text);
  if (isKeySet(set)) return set;
  throw new Error(`the answer is no key set of 1 to ${MOST_KEYS} keys${hintOf(set)}`);
}

/** Many give the address of the provider's description, which names that of the keys. */
function hintOf(answer: unknown): string {
  const { jwks_uri: uri } = (answer ?? {}) as { jwks_uri?: unknown };
  return uri === undefined
    ? ""
    : `, but names its address as jwks_uri, ${shown(uri)}: set AUTH_JWKS_URL to that`;
}

async function textOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const part of body ?? []) {
    bytes += part.length;
    // Leaving the loop cancels the rest.
    if (bytes > MOST_BYTES) throw new Error(`the key set exceeds ${MOST_BYTES} bytes`);
    text += decoder.decode(part, { stream: true });
  }
  return text + decoder.decode();
}

function isKeySet(value: unknown): value is JSONWebKeySet {
  const { keys } = (value ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > MOST_KEYS) return false;
  return keys.every((key: unknown) => typeof key === "object" && key !== null);
}
