import { type CryptoKey, exportJWK, generateKeyPair, type JSONWebKeySet, SignJWT } from "jose";

/** A key of an issuer. */
export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey | Uint8Array;
  readonly publicKey: CryptoKey | Uint8Array;
}

export async function signingKey(kid: string, alg = "RS256"): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicKey };
}

/** A shared secret as a key. */
export function secretKey(secret: string, alg = "HS256"): SigningKey {
  const bytes = new TextEncoder().encode(secret);
  return { kid: "secret", alg, privateKey: bytes, publicKey: bytes };
}

/** The public halves, as an issuer publishes them. */
export async function keySetOf(...keys: readonly SigningKey[]): Promise<JSONWebKeySet> {
  const jwks = keys.map(async ({ kid, alg, publicKey }) => ({
    ...(await exportJWK(publicKey)),
    ...{ kid, alg, use: "sig" },
  }));
  return { keys: await Promise.all(jwks) };
}

/** Claims as they may also be wrong. */
export type Claims = Readonly<Record<string, unknown>>;

/** A token of ann for 60 s; `claims` add to that, and those that are undefined are left out. */
export function signToken(
  { kid, alg, privateKey }: SigningKey,
  claims: Claims = {},
  { header = {}, nowS = Math.floor(Date.now() / 1000) }: { header?: object; nowS?: number } = {},
): Promise<string> {
  const all = { sub: "ann", iat: nowS, exp: nowS + 60, ...claims };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return new SignJWT(given).setProtectedHeader({ alg, kid, ...header }).sign(privateKey);
}

/** A token whose parts are what they are, with a signature that is none. */
export function unsignedToken(header: object, claims: object, signature = ""): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
  return `${encode(header)}.${encode(claims)}.${signature}`;
}
