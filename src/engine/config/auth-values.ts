import { createPublicKey, type KeyObject } from "node:crypto";
import { resolve } from "node:path";
import { makeExactValidator } from "envalid";
import type { Caps } from "../../contract/capabilities.js";
import { readCaps } from "./caps.js";
import { refuseControls } from "./redis-url.js";

// No message here repeats the value it refuses: it may be a secret.

/** Signature algorithms that tokens may have, by the kind of key that they are of. `none` is not among them. */
export const ALGORITHMS = {
  asymmetric: [
    ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
    ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
  ],
  secret: ["HS256", "HS384", "HS512"],
} as const;

/** What a secret must hold at least, in bytes: as much as the hash of HS256. */
const LEAST_SECRET_BYTES = 32;
/** Keys, or secrets, that are taken at a time: the current one, and those that it replaces. */
const MOST_KEYS = 4;

/** Where public keys are: in the variable itself, or in a file. */
export type PublicKeySource = { readonly pem: string } | { readonly file: string };

/** Validator of public keys in PEM, whose line breaks may be written `\n`, or of the path of a file with them. */
export const publicKey = makeExactValidator<PublicKeySource>((input) => {
  if (!input.includes("-----BEGIN")) {
    refuseControls(input.trim());
    return { file: resolve(input.trim()) };
  }
  const pem = input.replaceAll("\\n", "\n");
  readPublicKeys(pem);
  return { pem };
});

/**
 * The public keys in a PEM text, which may hold certificates.
 * @throws {TypeError} that says what is wrong, without any part of the text.
 */
export function readPublicKeys(text: string): KeyObject[] {
  const blocks = text.match(/-----BEGIN [A-Z0-9 ]+-----[^-]*-----END [A-Z0-9 ]+-----/g) ?? [];
  if (blocks.length === 0 || blocks.length > MOST_KEYS)
    throw new TypeError(`must hold 1 to ${MOST_KEYS} public keys in PEM`);
  return blocks.map((block) => {
    // Node would take the public half of it. The private one has no business here.
    if (block.includes("PRIVATE KEY-----")) throw new TypeError("must be a public key; this one is private");
    try {
      return createPublicKey(block);
    } catch {
      throw new TypeError("must be a public key, or a certificate, in PEM");
    }
  });
}

/** Validator of a secret that tokens are signed with. */
export const secret = makeExactValidator<string>(readSecret);

/**
 * The secrets in a text, one a line, the current one first.
 * @throws {TypeError} that says what is wrong, without any part of the text.
 */
export function readSecrets(text: string): string[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (lines.length === 0 || lines.length > MOST_KEYS)
    throw new TypeError(`must hold 1 to ${MOST_KEYS} secrets, one a line`);
  return lines.map(readSecret);
}

function readSecret(input: string): string {
  const text = input.trim();
  refuseControls(text);
  if (Buffer.byteLength(text) < LEAST_SECRET_BYTES)
    throw new TypeError(
      `must have at least ${LEAST_SECRET_BYTES} bytes; openssl rand -hex 32 makes such a one`,
    );
  return text;
}

/** Validator of a cookie's name. */
export const cookieName = makeExactValidator<string>((input) => {
  if (!/^[\w!#$%&'*+.^`|~-]{1,64}$/.test(input))
    throw new TypeError("must be 1 to 64 letters, digits or other characters of a cookie's name");
  return input;
});

/** Validator of capabilities of users, as JSON. */
export const capsJson = makeExactValidator<Caps>((input) => readCaps(jsonIn(input), "user"));

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new TypeError("must be JSON");
  }
}
