import { type Capabilities, type Caps, capabilities, caps } from "../../../contract/capabilities.js";
import type { Asked } from "../../../contract/operations.js";
import type { Passport, TokenFacts } from "../../../contract/passport.js";
import { USER_ID } from "../../../contract/room-names.js";
import type { JwtConfig } from "../../config/auth.js";
import { TokenRefused } from "./token-refused.js";
import type { VerifiedClaims } from "./verifier.js";

/** Of the holder of a token. A class, as there is one for each connection. */
class TokenPassport implements Passport {
  readonly kind = "token";
  readonly user: string;
  readonly token: TokenFacts;
  readonly #capabilities: Capabilities;

  constructor(user: string, token: TokenFacts, granted: Capabilities) {
    this.user = user;
    this.token = token;
    this.#capabilities = granted;
  }

  may(asked: Asked): boolean {
    return this.#capabilities.allows(asked);
  }
}

/** The clocks of this machine, in milliseconds: since 1970, and one that nobody sets. */
interface Clocks {
  readonly dateMs: () => number;
  readonly nowMs: () => number;
}

/**
 * The passport that these claims make: the user, and the rights that `caps` grants; without `caps` the default ones.
 * @throws {TokenRefused} when the claim of the user is no user's id, or `caps` is malformed: it must not mean more than was meant.
 */
export function passportOf(
  claims: VerifiedClaims,
  { userClaim, defaultCaps }: Pick<JwtConfig, "userClaim" | "defaultCaps">,
  { dateMs, nowMs }: Clocks,
): Passport {
  const user = Object.hasOwn(claims, userClaim) ? claims[userClaim] : undefined;
  if (typeof user !== "string" || !USER_ID.test(user))
    throw new TokenRefused("unauthenticated", `the claim ${userClaim} (AUTH_USER_CLAIM) is no user's id`);
  const { exp, iat, jti } = claims;
  if (jti !== undefined && typeof jti !== "string")
    throw new TokenRefused("unauthenticated", "the claim jti is no text");
  const expiresAtMs = exp * 1000;
  const facts = { id: jti, issuedAtS: iat, expiresAtMs, endsAtMs: nowMs() + expiresAtMs - dateMs() };
  return new TokenPassport(user, facts, capabilities(grantedBy(claims, defaultCaps), user));
}

function grantedBy(claims: VerifiedClaims, defaultCaps: Caps): Caps {
  if (!Object.hasOwn(claims, "caps")) return defaultCaps;
  const parsed = caps.safeParse(claims.caps);
  if (parsed.success) return parsed.data;
  throw new TokenRefused("unauthenticated", "the claim caps is malformed");
}
