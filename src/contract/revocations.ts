/** What a revocation is about: all tokens of a user, or the token with this `jti`. */
export type RevocationTarget = `user:${string}` | `token:${string}`;

/** What is to be revoked. */
export interface RevocationRequest {
  readonly targets: readonly RevocationTarget[];
  /** Of users: tokens that were issued before it, in seconds since 1970. Default: all that were issued so far, by MongoDB's clock. */
  readonly issuedBeforeS: number | undefined;
  /** Whether live connections have 30 s to renew before they are closed. */
  readonly isRenewable: boolean;
}

/** What was revoked. */
export interface RevocationReceipt {
  readonly issuedBeforeS: number;
  /** When it holds on all workers at the latest; in milliseconds since 1970, by MongoDB's clock. */
  readonly effectiveAtMs: number;
  /** When the last of its connections is closed at the latest. */
  readonly closedAtMs: number;
}

/** A revocation that is in force. */
export interface RevocationView {
  readonly target: RevocationTarget;
  readonly issuedBeforeS: number;
  /** In milliseconds since 1970, by MongoDB's clock. */
  readonly untilMs: number;
}

/** Makes tokens void before their expiry. */
export interface RevocationControl {
  /**
   * Resolves once it is stored so that nothing takes it back.
   * @throws {AppError} `temporary`, also when there are too many; `invalid` when the time is too far ahead, and without tokens.
   */
  revoke(request: RevocationRequest): Promise<RevocationReceipt>;
  /**
   * At most `limit` in order of their targets, from the first one above `after`.
   * @throws {AppError} `temporary`; `invalid` without tokens.
   */
  page(after: string, limit: number): Promise<RevocationView[]>;
}
