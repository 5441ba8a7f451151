import { AppError } from "../../../contract/errors.js";
import type { Passport } from "../../../contract/passport.js";
import type { JwtConfig } from "../../config/auth.js";
import type { TokenMetrics } from "../../metrics/types.js";
import type { Logger } from "../../process/logger.js";
import type { Authenticator } from "../authenticator.js";
import { bearerOf } from "../bearer.js";
import { type AllowsCookies, createCookieTokens } from "./cookie-token.js";
import { createFixedKeys } from "./fixed-keys.js";
import { downloadKeySet } from "./key-set-download.js";
import { createRefusalLog } from "./refusal-log.js";
import { createRemoteKeys, type KeySetShare } from "./remote-keys.js";
import { KeysUnavailable, type TokenKeys } from "./token-keys.js";
import { passportOf } from "./token-passport.js";
import { TokenRefused } from "./token-refused.js";
import { createTokenVerifier } from "./verifier.js";

/** What the authenticator of tokens is made of. */
export interface TokenAuthenticatorParts {
  readonly config: JwtConfig;
  /** Wall clock, in milliseconds since 1970. */
  readonly dateMs: () => number;
  /** Monotonic, in milliseconds. */
  readonly nowMs: () => number;
  /** Throws an `AppError` when this may not come in although its token is good. */
  readonly check: (passport: Passport) => void;
  readonly allowsCookies: AllowsCookies;
  readonly keySets: KeySetShare;
  readonly metrics: TokenMetrics;
  readonly log: Logger;
}

/**
 * Takes a token from `auth.token` of a handshake and from `Authorization: Bearer` of a request, without these from the cookie that AUTH_COOKIE
 * names, and from nowhere else. It refuses with `unauthenticated` and `token_expired`, with `temporary` when the keys are not known now, or the token is from the future, and with what `check` throws. Clients are never told
 * what is wrong with one; the log says it, without the token.
 */
export function createTokenAuthenticator(parts: TokenAuthenticatorParts): Authenticator {
  const { config, dateMs, nowMs, check, metrics, log } = parts;
  const tellRefusal = createRefusalLog(log, nowMs);
  const keys = createKeys(parts);
  const verifier = createTokenVerifier(config, keys, dateMs);
  const cookies = createCookieTokens(config.cookie, parts.allowsCookies);

  async function ofToken(token: unknown): Promise<Passport> {
    try {
      if (typeof token !== "string") throw new TokenRefused("unauthenticated", "there is no token");
      const passport = passportOf(await verifier.verify(token), config, parts);
      metrics.verified("accepted");
      check(passport);
      return passport;
    } catch (error) {
      throw refusalOf(error);
    }
  }

  function refusalOf(error: unknown): unknown {
    if (error instanceof TokenRefused) {
      metrics.verified(error.code === "token_expired" ? "expired" : "refused");
      tellRefusal(error);
      const { code, retryAfterMs } = error;
      return new AppError(code, undefined, retryAfterMs === undefined ? {} : { retryAfterMs });
    }
    if (error instanceof KeysUnavailable) {
      metrics.verified("undecided");
      log.debug({ reason: error.message, retryAfterMs: error.retryAfterMs }, "token not decided");
      return new AppError("temporary", undefined, { retryAfterMs: error.retryAfterMs });
    }
    return error;
  }

  if (keys.ageMs !== undefined) metrics.show(keys.ageMs);
  return {
    ...{ name: "authenticator", keysAgeMs: keys.ageMs },
    start: keys.start,
    stop: keys.stop,
    ofToken,
    ofHandshake: async (auth, _session, request) => ofToken(auth.token ?? cookies.ofHandshake(request)),
    ofStream: async (request) => ofToken(bearerOf(request.headers) ?? cookies.ofHandshake(request)),
    ofRequest: async (request) => ofToken(bearerOf(request.headers) ?? cookies.ofRequest(request)),
    confirm(passport) {
      const { expiresAtMs = Infinity, endsAtMs = Infinity } = passport.token ?? {};
      if (expiresAtMs <= dateMs() || endsAtMs <= nowMs()) throw new AppError("token_expired");
      check(passport);
    },
  };
}

function createKeys({ config, nowMs, keySets, log }: TokenAuthenticatorParts): TokenKeys {
  const { keys } = config;
  return keys.kind === "jwks"
    ? createRemoteKeys({ url: keys.url, download: downloadKeySet, nowMs, share: keySets, log })
    : createFixedKeys(keys, log);
}
