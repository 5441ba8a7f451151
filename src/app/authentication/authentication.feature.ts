import { z } from "zod";
import { user } from "../../contract/access.js";
import { event } from "../../contract/event.js";
import { feature } from "../../contract/feature.js";
import { authExpiring, closing } from "../../contract/session-events.js";

/** Tokens of connections that live: they are renewed in place, or the connection ends with them. */
export const authentication = feature("authentication", {
  create: ({ renewal }) => ({
    emits: [authExpiring, closing],
    events: [
      event(
        "authenticate",
        {
          summary:
            "Replaces the token of this connection by another one of the same user. A token that is refused changes nothing.",
          access: user,
          payload: z.strictObject({ token: z.string().min(1).max(65_536) }),
          ack: z.strictObject({ expiresAt: z.iso.datetime().describe("When the new token expires") }),
          errors: ["unauthenticated", "token_expired", "token_revoked"],
        },
        async ({ payload: { token }, client }) => {
          const { expiresAtMs } = await renewal.renew(client.session, token);
          return { expiresAt: new Date(expiresAtMs).toISOString() };
        },
      ),
    ],
  }),
});
