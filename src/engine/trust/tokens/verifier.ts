import { decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from "jose";
import type { JwtConfig } from "../../config/auth.js";
import type { KeyHint, TokenKeys, VerificationKey } from "./token-keys.js";
import { shown, TokenRefused } from "./token-refused.js";

/** Difference of clocks that is borne, in seconds. */
const SKEW_S = 5;
/** How far a token may be in the future to be taken later: about as much as a clock is wrong. Milliseconds in place of seconds are more. */
const MOST_EARLY_S = 86_400;
/** Longest wait that is asked for, in milliseconds: another process may have the right clock, and this one's may be set. */
const EARLY_RETRY_MS = 10_000;

/** What a token may call itself: identity providers make these for users. Others, such as tokens that say good-bye, are for something else. */
const TYPES: readonly unknown[] = [undefined, "jwt", "at+jwt", "application/jwt", "application/at+jwt"];
/**
 * What the claim `typ` calls tokens that are for something else, and that the same keys sign: Keycloak tells its kinds apart by it alone. With other
 * issuers it is unusual, and not in the ID tokens of Firebase, which are what its clients have.
 */
const KINDS_FOR_ELSE: readonly unknown[] = ["id", "logout", "refresh", "offline"];

/** The claims of a token whose signature, times, issuer and audience were found good. */
export type VerifiedClaims = JWTPayload & { readonly exp: number; readonly iat: number };

/** Verifies tokens. */
export interface TokenVerifier {
  /** @throws {TokenRefused} or {@link KeysUnavailable}. */
  verify(token: string): Promise<VerifiedClaims>;
}

/** `nowMs`: wall clock, in milliseconds since 1970. */
export function createTokenVerifier(
  config: Pick<JwtConfig, "algorithms" | "issuer" | "audiences" | "maxTtlS" | "tokenBytes">,
  keys: Pick<TokenKeys, "candidates">,
  nowMs: () => number,
): TokenVerifier {
  const { algorithms, issuer, audiences, maxTtlS, tokenBytes } = config;
  const required: JWTVerifyOptions = {
    algorithms: [...algorithms],
    // Without `iat` a token with a far `exp` would become good at the end of its life, when a revocation of it may be forgotten.
    requiredClaims: ["exp", "iat"],
    clockTolerance: SKEW_S,
    ...(issuer === undefined ? {} : { issuer }),
    ...(audiences === undefined ? {} : { audience: [...audiences] }),
  };

  function hintOf(token: string): KeyHint {
    const { alg, kid, typ } = headerOf(token);
    // Before a key is looked for: what is not taken at all asks nobody.
    if (alg === undefined || !algorithms.includes(alg))
      throw new TokenRefused("unauthenticated", "the algorithm is not one of those that are taken", {
        found: shown(alg),
      });
    if (!TYPES.includes(typ?.toLowerCase()))
      throw new TokenRefused("unauthenticated", "the header's typ is not that of a token for users", {
        found: shown(typ),
      });
    return { alg, kid };
  }

  /** Undefined when none of the keys has signed it. */
  async function claimsOf(
    token: string,
    candidates: readonly VerificationKey[],
    currentDate: Date,
  ): Promise<VerifiedClaims | undefined> {
    for (const key of candidates) {
      try {
        const { payload } = await jwtVerify(token, key, { ...required, currentDate });
        return payload as VerifiedClaims; // both are required, and jose takes numbers only
      } catch (error) {
        // The signature may be that of the next key.
        if (!(error instanceof errors.JWSSignatureVerificationFailed))
          throw refusalFor(error, currentDate.getTime());
      }
    }
    return undefined;
  }

  /** Once the signature is good: what the same keys sign for something else. */
  function checkKind({ typ, events }: VerifiedClaims): void {
    if (typeof typ === "string" && KINDS_FOR_ELSE.includes(typ.toLowerCase()))
      throw new TokenRefused("unauthenticated", "the claim typ is not that of an access token", {
        found: shown(typ),
      });
    // RFC 8417: it says that something has happened, such as a logout, and is no proof of who sends it.
    if (events !== undefined)
      throw new TokenRefused("unauthenticated", "the claim events is of a token that tells of an event");
  }

  /** jose compares neither of these. */
  function checkLife({ exp, iat }: VerifiedClaims, nowMs: number): void {
    if (!(exp - iat <= maxTtlS))
      throw new TokenRefused("unauthenticated", `the life exceeds AUTH_MAX_TTL_SECONDS (${maxTtlS})`, {
        found: `${shown(exp - iat)} s`,
      });
    if (iat > Math.floor(nowMs / 1000) + SKEW_S) throw tooEarly("iat", iat, nowMs);
  }

  return {
    async verify(token) {
      if (Buffer.byteLength(token) > tokenBytes)
        throw new TokenRefused("unauthenticated", `the token exceeds AUTH_LIMIT_BYTES (${tokenBytes})`);
      const hint = hintOf(token);
      const candidates = await keys.candidates(hint);
      const now = nowMs();
      const claims = await claimsOf(token, candidates, new Date(now));
      if (claims === undefined) {
        const isKnown = candidates.length > 0;
        const reason = isKnown ? "no key has made the signature" : "there is no key of its kid and algorithm";
        throw new TokenRefused("unauthenticated", reason, { found: inWords(hint) });
      }
      checkKind(claims);
      checkLife(claims, now);
      return claims;
    },
  };
}

interface Header {
  readonly alg: string | undefined;
  readonly kid: string | undefined;
  readonly typ: string | undefined;
}

/** Of a header only what is a text is believed to be one. */
function headerOf(token: string): Header {
  try {
    const { alg, kid, typ } = decodeProtectedHeader(token) as Readonly<Record<string, unknown>>;
    if ([alg, kid, typ].every((one) => one === undefined || typeof one === "string"))
      return { alg, kid, typ } as Header;
  } catch {}
  throw new TokenRefused("unauthenticated", "it is no signed token");
}

function inWords({ alg, kid }: KeyHint): string {
  return `${kid === undefined ? "no kid" : `kid ${shown(kid)}`}, algorithm ${alg}`;
}

/** jose tells of the expiry, and of claims, only once all that it looks at before is good: the signature, the issuer and the audience. */
function refusalFor(error: unknown, nowMs: number): TokenRefused {
  if (error instanceof errors.JWTExpired) return new TokenRefused("token_expired", "exp is over");
  if (error instanceof errors.JWTClaimValidationFailed) return refusalForClaim(error, nowMs);
  if (error instanceof errors.JOSEError) return new TokenRefused("unauthenticated", error.code);
  return new TokenRefused("unauthenticated", "it cannot be verified");
}

/** What a claim is compared with. */
const WANTED: Readonly<Record<string, string>> = {
  iss: "is not AUTH_ISSUER",
  aud: "names none of AUTH_AUDIENCE",
};

function refusalForClaim(
  { claim, reason, payload }: errors.JWTClaimValidationFailed,
  nowMs: number,
): TokenRefused {
  if (reason === "missing") return new TokenRefused("unauthenticated", `there is no claim ${claim}`);
  if (reason === "check_failed" && claim === "nbf" && typeof payload.nbf === "number")
    return tooEarly(claim, payload.nbf, nowMs);
  const wanted = WANTED[claim] ?? "is not of the form that it must have";
  return new TokenRefused("unauthenticated", `the claim ${claim} ${wanted}`, {
    found: shown(payload[claim]),
  });
}

/** A clock is wrong, this one or that of who makes the tokens: the token will be good, and is at once where the clock is right. */
function tooEarly(claim: "iat" | "nbf", atS: number, nowMs: number): TokenRefused {
  const reason = `${claim} is in the future`;
  const found = `${Math.ceil(atS - nowMs / 1000)} s ahead`;
  if (atS > Math.floor(nowMs / 1000) + MOST_EARLY_S)
    return new TokenRefused("unauthenticated", reason, { found });
  // Times in tokens may have a fraction, and are compared with whole seconds.
  const goodAtMs = (Math.ceil(atS) - SKEW_S) * 1000;
  const retryAfterMs = Math.min(goodAtMs - nowMs, EARLY_RETRY_MS);
  return new TokenRefused("temporary", reason, { found, retryAfterMs });
}
