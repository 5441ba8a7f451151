/** Replaces tokens of connections that live. */
export interface Renewal {
  /**
   * Gives the connection of this session what the token grants, until the token's expiry. A token of another user ends the connection.
   * @throws {AppError} `unauthenticated`, `token_expired`: the token before holds on; `temporary` when it cannot be decided now; `invalid`
   * when nobody needs a token here.
   */
  renew(session: string, token: string): Promise<{ readonly expiresAtMs: number }>;
}
