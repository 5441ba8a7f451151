import type { RevocationTarget } from "../../../contract/revocations.js";

/** What is known of one target. A user has one record, however often his tokens were revoked. */
export interface Revocation {
  readonly target: RevocationTarget;
  /** Tokens of the user whose `iat` is below it are void; in seconds since 1970. Says nothing about a single token. */
  readonly issuedBeforeS: number;
  /** The same of those whose connections are not left time to renew; 0: there are none. Not 0 on a single token: it is such a one. */
  readonly immediateBeforeS: number;
  /** When the last token that it is about has ended; in milliseconds since 1970, by MongoDB's clock. */
  readonly untilMs: number;
}

/** What a look into the store has found. */
export interface RevocationsRead {
  /** Random name of this store; another one means that numbers are void. */
  readonly epoch: string;
  /** Highest number handed out before the look. */
  readonly top: number;
  /** When it was, by MongoDB's clock; in milliseconds since 1970. */
  readonly atMs: number;
  /** In no order. */
  readonly revocations: readonly Revocation[];
}

/** Where revocations are kept. Calls fail within 10 s while it is away. */
export interface RevocationStore {
  /**
   * Hands out the number under which revocations are to be written, and tells the time by MongoDB's clock, in milliseconds since 1970: not
   * before that of the last number, unless that was ahead of this clock and of `dateMs`, the caller's.
   * @throws {AppError} `temporary`.
   */
  take(dateMs: number): Promise<{ readonly number: number; readonly atMs: number }>;
  /**
   * Writes them under a number of {@link take}; what is known of a target is never weakened. What was written is in every later look,
   * and nothing takes it back, once this resolves.
   * @throws {AppError} `temporary`.
   */
  write(number: number, revocations: readonly Revocation[]): Promise<void>;
  /** Those that were written under numbers above `after`, all that were acknowledged before the call included. */
  readAfter(after: number): Promise<RevocationsRead>;
  /**
   * How many targets there would be with these, about.
   * @throws {AppError} `temporary`.
   */
  countWith(targets: readonly RevocationTarget[]): Promise<number>;
  /**
   * In order of their targets, from the first one above `after`.
   * @throws {AppError} `temporary`.
   */
  page(after: string, limit: number): Promise<Revocation[]>;
  /** Removes those whose `untilMs` is before this, and over by MongoDB's clock as well. */
  removeEnded(beforeMs: number): Promise<void>;
}
