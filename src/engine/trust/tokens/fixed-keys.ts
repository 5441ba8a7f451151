import type { KeyObject } from "node:crypto";
import type { KeySource } from "../../config/auth.js";
import { readPublicKeys, readSecrets } from "../../config/auth-values.js";
import type { Component } from "../../process/lifecycle.js";
import type { Logger } from "../../process/logger.js";
import { createWatchedFile } from "../watched-file.js";
import { algorithmsOf } from "./algorithms-of-key.js";
import type { TokenKeys } from "./token-keys.js";

/** Keys from the configuration, or from a file that it names. */
export type FixedSource = Exclude<KeySource, { readonly kind: "jwks" }>;

/** Of a token that says it has been signed by this algorithm. */
type Candidates = (alg: string) => readonly (KeyObject | Uint8Array)[];

/**
 * Keys that are known by themselves: all of them that fit the algorithm may have signed a token. Those of a file follow it within seconds.
 * `start` rejects with a {@link StartError} when the file cannot be used.
 */
export function createFixedKeys(source: FixedSource, log: Logger): TokenKeys {
  if (!("file" in source)) {
    const candidates = source.kind === "secret" ? ofSecrets(source.secrets) : ofPem(source.pem);
    return tokenKeys({ start: async () => {}, stop: async () => {} }, () => candidates);
  }
  const variable = source.kind === "secret" ? "AUTH_SECRET_FILE" : "AUTH_PUBLIC_KEY";
  const read = source.kind === "secret" ? (text: string) => ofSecrets(readSecrets(text)) : ofPem;
  const file = createWatchedFile({ variable, path: source.file, read, log });
  return tokenKeys(file, file.value);
}

function tokenKeys({ start, stop }: Pick<Component, "start" | "stop">, current: () => Candidates): TokenKeys {
  return { name: "token keys", start, stop, candidates: async ({ alg }) => current()(alg) };
}

/** The configuration has seen to it that only algorithms for secrets come here. */
function ofSecrets(secrets: readonly string[]): Candidates {
  const keys = secrets.map((secret) => new TextEncoder().encode(secret));
  return () => keys;
}

/** @throws {TypeError} */
function ofPem(pem: string): Candidates {
  const keys = readPublicKeys(pem);
  return (alg) => keys.filter((key) => algorithmsOf(key).includes(alg));
}
