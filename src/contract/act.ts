/** What a server of the application has done to a user or a token, by its key. */
export interface Act {
  /** `revoke`: made tokens void; `remove`: ended all connections of a user. */
  readonly type: "revoke" | "remove";
  /** Name of the key. */
  readonly key: string | undefined;
  /** `user:<id>` or `token:<jti>`. */
  readonly target: string;
}
