import { SignJWT } from "jose";
import type { Caps } from "../../../contract/capabilities.js";
import type { JwtConfig } from "../../config/auth.js";

/** A token that is to be made. */
export interface NewToken {
  /** What the server takes. */
  readonly auth: JwtConfig;
  readonly secret: string;
  readonly user: string;
  /** Undefined: what the server grants by default. */
  readonly caps: Caps | undefined;
  readonly ttlS: number;
  readonly nowMs: number;
}

/** Signs a token that a server with this configuration takes; for development and tools, as servers sign none. */
export async function signToken({ auth, secret, user, caps, ttlS, nowMs }: NewToken) {
  const iat = Math.floor(nowMs / 1000);
  const exp = iat + ttlS;
  const { issuer, audiences, userClaim, algorithms } = auth;
  const claims = { ...{ [userClaim]: user, iat, exp }, ...(caps === undefined ? {} : { caps }) };
  const jwt = new SignJWT(claims).setProtectedHeader({ alg: algorithms[0] ?? "HS256", typ: "JWT" });
  if (issuer !== undefined) jwt.setIssuer(issuer);
  if (audiences?.[0] !== undefined) jwt.setAudience(audiences[0]);
  const token = await jwt.sign(new TextEncoder().encode(secret));
  return { token, expiresAt: new Date(exp * 1000) };
}
