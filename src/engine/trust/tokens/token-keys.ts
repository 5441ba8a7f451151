import type { CryptoKey, KeyObject } from "jose";
import type { Component } from "../../process/lifecycle.js";

/** A key that a signature can be verified with. */
export type VerificationKey = CryptoKey | KeyObject | Uint8Array;

/** What the header of a token says about its key. Nothing else of a header is looked at: no address in it is ever asked. */
export interface KeyHint {
  readonly alg: string;
  readonly kid: string | undefined;
}

/** The keys that tokens are verified with. */
export interface TokenKeys extends Component {
  /**
   * The keys that may have signed such a token, at most a few; none when there is surely no such key.
   * @throws {KeysUnavailable} when that cannot be said now.
   */
  candidates(hint: KeyHint): Promise<readonly VerificationKey[]>;
  /** Age of the keys, in milliseconds, where they are asked for from time to time; infinite before they were had. */
  readonly ageMs?: () => number;
}

/** It is not known whether there is such a key; whoever asks may come back. */
export class KeysUnavailable extends Error {
  override readonly name = "KeysUnavailable";
  /** Time after which it may be known, in milliseconds. */
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number, options?: { cause?: unknown }) {
    super(message, options);
    this.retryAfterMs = retryAfterMs;
  }
}
