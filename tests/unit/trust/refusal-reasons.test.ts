import { exportSPKI } from "jose";
import { readConfig } from "../../../src/engine/config/config.js";
import { createLogger } from "../../../src/engine/process/logger.js";
import { createFixedKeys, type FixedSource } from "../../../src/engine/trust/tokens/fixed-keys.js";
import type { TokenKeys } from "../../../src/engine/trust/tokens/token-keys.js";
import { TokenRefused } from "../../../src/engine/trust/tokens/token-refused.js";
import { createTokenVerifier } from "../../../src/engine/trust/tokens/verifier.js";
import { type Claims, type SigningKey, signingKey, signToken } from "../../support/tokens.js";

const NOW_S = 1_900_000_000;
const ISSUER = "https://id.example/";

let key: SigningKey;
let env: Record<string, string>;

beforeAll(async () => {
  key = await signingKey("k1");
  const pem = await exportSPKI(key.publicKey as Parameters<typeof exportSPKI>[0]);
  env = { AUTH: "jwt", AUTH_PUBLIC_KEY: pem, AUTH_ISSUER: ISSUER, AUTH_AUDIENCE: "shoal,other" };
});

/** What the log says of a token: the reason, and what the token had. */
async function told(token: string, keys?: Pick<TokenKeys, "candidates">): Promise<unknown[]> {
  const { auth } = readConfig(env);
  if (auth.kind !== "jwt") throw new Error("no tokens are looked at");
  const fixed = createFixedKeys(auth.keys as FixedSource, createLogger("silent"));
  const verifier = createTokenVerifier(auth, keys ?? fixed, () => NOW_S * 1000);
  const error = await verifier.verify(token).catch((reason: unknown) => reason);
  if (!(error instanceof TokenRefused)) throw error;
  return [error.message, error.found];
}

function token(claims: Claims = {}, header: object = {}, by = key): Promise<string> {
  return signToken(by, { iss: ISSUER, aud: "shoal", ...claims }, { header, nowS: NOW_S });
}

test.each([
  ["aud", { aud: ["web", "account"] }, "the claim aud names none of AUTH_AUDIENCE", '["web","account"]'],
  ["no aud", { aud: undefined }, "there is no claim aud", undefined],
  ["iss", { iss: "https://id.example" }, "the claim iss is not AUTH_ISSUER", '"https://id.example"'],
  ["exp", { exp: "soon" }, "the claim exp is not of the form that it must have", '"soon"'],
  ["nbf", { nbf: NOW_S + 3600 }, "nbf is in the future", "3600 s ahead"],
  ["iat", { iat: NOW_S + 7.5, exp: NOW_S + 60 }, "iat is in the future", "8 s ahead"],
  ["life", { exp: NOW_S + 90_000 }, "the life exceeds AUTH_MAX_TTL_SECONDS (86400)", "90000 s"],
  ["typ", { typ: "ID" }, "the claim typ is not that of an access token", '"ID"'],
  ["events", { events: {} }, "the claim events is of a token that tells of an event", undefined],
])(
  "the log says of a wrong %s what was wanted, and what the token had",
  async (_what, claims: Claims, ...line) => {
    await expect(told(await token(claims))).resolves.toEqual(line);
  },
);

test("the log names the key that is not known, and the one that has not signed", async () => {
  const foreign = await token({}, {}, await signingKey("k9"));
  const found = 'kid "k9", algorithm RS256';

  await expect(told(foreign)).resolves.toEqual(["no key has made the signature", found]);
  const none = { candidates: async () => [] };
  await expect(told(foreign, none)).resolves.toEqual(["there is no key of its kid and algorithm", found]);
});

test("the log says of a token that nobody has signed nothing but its header", async () => {
  const claims = { iss: "https://evil.example", aud: "evil" };
  const line = await told(await token(claims, {}, await signingKey("k1")));

  expect(line).toEqual(["no key has made the signature", 'kid "k1", algorithm RS256']);
});

test("the log shows a strange header in part, and without letters that steer a terminal", async () => {
  const [reason, found] = await told(await token({}, { typ: `\u001b[2J${"x".repeat(3000)}` }));

  expect(reason).toBe("the header's typ is not that of a token for users");
  expect(found).toMatch(/^"\\u001b\[2Jx{100,120}\.\.\.$/);
});
