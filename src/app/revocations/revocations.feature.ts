import { z } from "zod";
import { key } from "../../contract/access.js";
import { feature } from "../../contract/feature.js";
import type { RevocationTarget } from "../../contract/revocations.js";
import { route } from "../../contract/route.js";
import { wholeNumber } from "../../contract/validation.js";

const TARGET = /^(?:user:[A-Za-z0-9_.:@|+=~-]{1,128}|token:[!-~]{1,256})$/;

const target = z
  .string()
  .max(262)
  .regex(TARGET, "must be user: and a user's id, or token: and the jti of a token")
  .describe("`user:` with a user's id: all tokens of that user; `token:` with a `jti`: one token");

const issuedBefore = z
  .int()
  .min(0)
  .max(32_503_680_000)
  .describe("Tokens of users whose `iat` is below it are void; in seconds since 1970");

const view = z.strictObject({
  target,
  issuedBefore,
  until: z.iso.datetime().describe("When it is forgotten: no such token is good any more by then"),
});

/** Ends what tokens that were handed out are good for: see docs/security.md. */
export const revocations = feature("revocations", {
  create: ({ revocations: control, acted }) => ({
    routes: [
      route(
        "POST",
        "/v1/revocations",
        {
          summary:
            "Makes tokens void. Live connections are closed with `token_revoked`, and nobody comes in with such a token. May be repeated.",
          access: key("revoke"),
          body: z.strictObject({
            targets: z.array(target).min(1).max(100),
            issuedBefore: issuedBefore
              .optional()
              .describe(
                "Of users: tokens whose `iat` is below it, in seconds since 1970; default: all so far",
              ),
            reauthMarginMs: z
              .literal([0, 30_000])
              .default(0)
              .describe("Time in which live connections may `authenticate` with a newer token"),
          }),
          reply: z.strictObject({
            issuedBefore,
            effectiveBy: z.iso.datetime().describe("When it holds on all instances at the latest"),
            closedBy: z.iso.datetime().describe("When the last such connection is closed at the latest"),
          }),
        },
        async ({ body, passport }) => {
          const receipt = await control.revoke({
            // By the pattern.
            targets: body.targets as RevocationTarget[],
            issuedBeforeS: body.issuedBefore,
            isRenewable: body.reauthMarginMs > 0,
          });
          for (const one of body.targets) acted({ type: "revoke", key: passport.key, target: one });
          return {
            issuedBefore: receipt.issuedBeforeS,
            effectiveBy: new Date(receipt.effectiveAtMs).toISOString(),
            closedBy: new Date(receipt.closedAtMs).toISOString(),
          };
        },
      ),
      route(
        "GET",
        "/v1/revocations",
        {
          summary: "Lists the revocations in force, in order of their targets.",
          access: key("revoke"),
          query: z.strictObject({
            after: z.string().max(262).default("").describe("`next` of the page before"),
            limit: wholeNumber(1, 1000).default(100),
          }),
          reply: z.strictObject({
            revocations: z.array(view).max(1000),
            next: target.optional().describe("Only there if there may be more"),
          }),
          fresh: true,
        },
        async ({ query: { after, limit } }) => {
          const found = await control.page(after, limit);
          const last = found.length === limit ? found.at(-1)?.target : undefined;
          return {
            revocations: found.map((one) => ({
              target: one.target,
              issuedBefore: one.issuedBeforeS,
              until: new Date(one.untilMs).toISOString(),
            })),
            ...(last === undefined ? {} : { next: last }),
          };
        },
      ),
    ],
  }),
});
