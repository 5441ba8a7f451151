import type { Asked } from "./operations.js";

/** Of a verified token. */
export interface TokenFacts {
  /** Its `jti`, if it has one. */
  readonly id: string | undefined;
  /** Its `iat`, in seconds since 1970. */
  readonly issuedAtS: number;
  /** Its `exp`, in milliseconds since 1970. */
  readonly expiresAtMs: number;
  /** The same by a clock that nobody sets (`performance.now`), as of when the token was verified: a clock that is put back prolongs no life. */
  readonly endsAtMs: number;
}

/** Who somebody is, and what he may do at all; the application's rule may still refuse. */
export interface Passport {
  /** By what he has proved it: nothing (`open`), a user's token, or a key of the server API. */
  readonly kind: "open" | "token" | "key";
  /** Whom he speaks for; undefined when nobody said so, and for keys. */
  readonly user: string | undefined;
  may(asked: Asked): boolean;
  /** Of kind `token` only. */
  readonly token?: TokenFacts;
  /** Name of the key, of kind `key` only. */
  readonly key?: string;
}

/** Of somebody who has said nothing: for what is open to anyone. */
export const NOBODY: Passport = { kind: "open", user: undefined, may: () => false };
