/** What a server of the application or an operator has done to a user, a token or a room, by a key. */
export interface Act {
  /** `revoke`: made tokens void; `remove`: ended all connections of a user; `move`: put them into or out of rooms; `end`: removed all messages of a room. */
  readonly type: "revoke" | "remove" | "move" | "end";
  /** Name of the key. */
  readonly key: string | undefined;
  /** `user:<id>`, `token:<jti>` or `room:<name>`. */
  readonly target: string;
}
