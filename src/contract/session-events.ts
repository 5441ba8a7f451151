import { z } from "zod";
import { emitted } from "./emitted.js";

/** Why the server ends a connection of somebody who was let in. */
const CLOSING_CODES = ["token_expired", "token_revoked", "user_changed", "disconnected", "removed"] as const;

export type ClosingCode = (typeof CLOSING_CODES)[number];

/** Sent by the engine, before it closes the transport; with `removed` before it ends the session. */
export const closing = emitted("closing", {
  summary:
    "The server closes this connection. The client may come again, with a token that is good; after `removed` stock clients stay away.",
  payload: z.strictObject({
    code: z
      .enum(CLOSING_CODES)
      .describe(
        "`token_expired`: by its `exp`; `token_revoked`: before it; `user_changed`: `authenticate` came with a token of another user; `disconnected`: by a server of the application; `removed`: the same, which wants the client to stay away",
      ),
  }),
});

/** Sent by the engine, 30 s before a token expires; at once when less is left; not at all when less than 5.5 s are. Also when
 * a token was revoked and there is time to replace it. */
export const authExpiring = emitted("auth_expiring", {
  summary:
    "The token of this connection expires soon: `authenticate` with another one goes on without a break.",
  payload: z.strictObject({
    expiresAt: z.iso.datetime().describe("When the connection is closed otherwise"),
  }),
});
