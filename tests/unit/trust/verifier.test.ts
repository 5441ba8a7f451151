import { createHmac } from "node:crypto";
import { exportSPKI } from "jose";
import { readConfig } from "../../../src/engine/config/config.js";
import { createLogger } from "../../../src/engine/process/logger.js";
import { createFixedKeys, type FixedSource } from "../../../src/engine/trust/tokens/fixed-keys.js";
import { TokenRefused } from "../../../src/engine/trust/tokens/token-refused.js";
import { createTokenVerifier } from "../../../src/engine/trust/tokens/verifier.js";
import {
  type Claims,
  type SigningKey,
  secretKey,
  signingKey,
  signToken,
  unsignedToken,
} from "../../support/tokens.js";

const NOW_S = 1_900_000_000;
const SECRET = "a secret of more than thirty-two bytes";
const log = createLogger("silent");

let key: SigningKey;
let pem: string;

beforeAll(async () => {
  key = await signingKey("k1");
  pem = await exportSPKI(key.publicKey as Parameters<typeof exportSPKI>[0]);
});

/** What becomes of a token: `taken`, or the code of the refusal. */
async function judge(token: string, env?: Record<string, string>): Promise<string> {
  return (await refusal(token, env))?.code ?? "taken";
}

async function refusal(
  token: string,
  env: Record<string, string> = { AUTH_PUBLIC_KEY: pem },
): Promise<TokenRefused | undefined> {
  const { auth } = readConfig({ AUTH: "jwt", ...env });
  if (auth.kind !== "jwt") throw new Error("no tokens are looked at");
  const keys = createFixedKeys(auth.keys as FixedSource, log);
  try {
    await createTokenVerifier(auth, keys, () => NOW_S * 1000).verify(token);
    return undefined;
  } catch (error) {
    if (error instanceof TokenRefused) return error;
    throw error;
  }
}

function token(claims: Claims = {}, header: object = {}, by = key): Promise<string> {
  return signToken(by, claims, { header, nowS: NOW_S });
}

describe("a token", () => {
  test("of the issuer's key is taken", async () => {
    await expect(judge(await token())).resolves.toBe("taken");
  });

  test.each([
    ["exp 4 s ago", { exp: NOW_S - 4, iat: NOW_S - 60 }, "taken"],
    ["exp 6 s ago", { exp: NOW_S - 6, iat: NOW_S - 60 }, "token_expired"],
    ["nbf in 4 s", { nbf: NOW_S + 4 }, "taken"],
    ["nbf in 6 s", { nbf: NOW_S + 6 }, "temporary"],
    ["iat in 4 s", { iat: NOW_S + 4 }, "taken"],
    ["iat in 6 s", { iat: NOW_S + 6 }, "temporary"],
    ["iat in a day", { iat: NOW_S + 86_400, exp: NOW_S + 86_460 }, "temporary"],
    ["iat later than that", { iat: NOW_S + 86_401, exp: NOW_S + 86_461 }, "unauthenticated"],
    ["nbf later than that", { nbf: NOW_S + 86_401 }, "unauthenticated"],
    [
      "iat in 6 s and a longer life than is taken",
      { iat: NOW_S + 6, exp: NOW_S + 90_000 },
      "unauthenticated",
    ],
    ["no exp", { exp: undefined }, "unauthenticated"],
    ["exp as text", { exp: String(NOW_S + 60) }, "unauthenticated"],
    ["iat as text", { iat: String(NOW_S) }, "unauthenticated"],
    ["nbf as text", { nbf: String(NOW_S) }, "unauthenticated"],
    ["no iat", { iat: undefined }, "unauthenticated"],
    ["a life of a day", { exp: NOW_S + 86_400 }, "taken"],
    ["a longer life", { exp: NOW_S + 86_401 }, "unauthenticated"],
    ["a life without end", { exp: Number.MAX_VALUE }, "unauthenticated"],
  ])("with %s: %j is %s", async (_what, claims: Claims, result) => {
    await expect(judge(await token(claims))).resolves.toBe(result);
  });

  test.each([
    [5.1, 1000],
    [6, 1000],
    [7.9, 3000],
    [14, 9000],
    [3600, 10_000],
  ])("issued in %d s is to be sent again in %i ms", async (aheadS, retryAfterMs) => {
    await expect(refusal(await token({ iat: NOW_S + aheadS, exp: NOW_S + 7200 }))).resolves.toMatchObject({
      code: "temporary",
      retryAfterMs,
    });
  });

  test.each([
    ["the audience", { aud: "shoal" }, "taken"],
    ["the audience among others", { aud: ["other", "shoal"] }, "taken"],
    ["another audience", { aud: "shoal2" }, "unauthenticated"],
    ["an audience in other letters", { aud: "Shoal" }, "unauthenticated"],
    ["no audience", {}, "unauthenticated"],
    ["another issuer", { aud: "shoal", iss: "https://id.example" }, "unauthenticated"],
    ["an issuer with more", { aud: "shoal", iss: "https://id.example/x" }, "unauthenticated"],
  ])("for %s: %j is %s", async (_what, claims: Claims, result) => {
    const env = { AUTH_PUBLIC_KEY: pem, AUTH_ISSUER: "https://id.example/", AUTH_AUDIENCE: "shoal" };
    await expect(judge(await token({ iss: "https://id.example/", ...claims }), env)).resolves.toBe(result);
  });

  test("that has expired says so only when its issuer, its audience and its signature are right", async () => {
    const env = { AUTH_PUBLIC_KEY: pem, AUTH_AUDIENCE: "shoal" };
    const claims = { exp: NOW_S - 60, iat: NOW_S - 120, aud: "shoal" };
    const foreign = await signingKey("k1");

    await expect(judge(await token(claims), env)).resolves.toBe("token_expired");
    await expect(judge(await token({ ...claims, aud: "other" }), env)).resolves.toBe("unauthenticated");
    await expect(judge(await token(claims, {}, foreign), env)).resolves.toBe("unauthenticated");
  });

  test.each(["", "x", "a.b", "a.b.c", "a.b.c.d.e", "....", "\u0000.\u0000.\u0000"])(
    "that is none is refused: %j",
    async (text) => {
      await expect(judge(text)).resolves.toBe("unauthenticated");
    },
  );

  test("larger than AUTH_LIMIT_BYTES is refused", async () => {
    await expect(judge(await token({ extra: "x".repeat(9000) }))).resolves.toBe("unauthenticated");
  });

  test.each(["logout+jwt", "secevent+jwt", "dpop+jwt", 7])(
    "of the type %s is refused: it is for something else",
    async (typ) => {
      await expect(judge(await token({}, { typ }))).resolves.toBe("unauthenticated");
    },
  );

  test.each([
    ["an ID token of Keycloak", { typ: "ID", aud: "shoal" }, "unauthenticated"],
    [
      "a logout token",
      { events: { "http://schemas.openid.net/event/backchannel-logout": {} } },
      "unauthenticated",
    ],
    ["a logout token of Keycloak", { typ: "Logout" }, "unauthenticated"],
    ["a refresh token of Keycloak", { typ: "Refresh" }, "unauthenticated"],
    ["the same for a long time", { typ: "Offline" }, "unauthenticated"],
    ["an event that is empty", { events: null }, "unauthenticated"],
    ["an access token of Keycloak", { typ: "Bearer", azp: "web" }, "taken"],
    ["an ID token of Firebase", { auth_time: NOW_S, firebase: { sign_in_provider: "password" } }, "taken"],
  ])("that is %s: %j is %s", async (_what, claims: Claims, result) => {
    await expect(judge(await token(claims))).resolves.toBe(result);
  });

  test.each(["JWT", "at+jwt", "application/at+jwt"])("of the type %s is taken", async (typ) => {
    await expect(judge(await token({}, { typ }))).resolves.toBe("taken");
  });
});

describe("an attack", () => {
  const claims = { sub: "root", iat: NOW_S, exp: NOW_S + 60 };

  test.each(["none", "None", "NONE", ""])("with the algorithm %j has no success", async (alg) => {
    for (const env of [{ AUTH_PUBLIC_KEY: pem }, { AUTH_SECRET: SECRET }])
      await expect(judge(unsignedToken({ alg }, claims), env)).resolves.toBe("unauthenticated");
  });

  test("with the RSA public key as the secret of HS256 has no success", async () => {
    for (const secret of [pem, pem.trim(), pem.replaceAll("\n", "")]) {
      const [head] = unsignedToken({ alg: "HS256", kid: "k1" }, claims).split(/\.(?=$)/);
      const signature = createHmac("sha256", secret)
        .update(head ?? "")
        .digest("base64url");
      await expect(judge(`${head}.${signature}`)).resolves.toBe("unauthenticated");
    }
  });

  test("with an address or a key in the header has no success, and nothing is asked", async () => {
    const own = await signingKey("mine");
    const jwk = { kty: "RSA" };
    const asked: unknown[] = [];
    const real = globalThis.fetch;
    globalThis.fetch = async (input) => {
      asked.push(input);
      return new Response("{}");
    };
    try {
      for (const header of [
        { jku: "https://evil.example/jwks" },
        { x5u: "https://evil.example/x5" },
        { jwk },
      ])
        await expect(judge(await token(claims, header, own))).resolves.toBe("unauthenticated");
    } finally {
      globalThis.fetch = real;
    }
    expect(asked).toEqual([]);
  });

  test("with a critical extension that nobody knows has no success", async () => {
    const header = { alg: "RS256", crit: ["admin"], admin: true };
    await expect(judge(unsignedToken(header, claims, "AAAA"))).resolves.toBe("unauthenticated");
  });

  test("with changed claims under a right signature has no success", async () => {
    const [head, , signature] = (await token()).split(".");
    const [, forged] = unsignedToken({}, claims).split(".");
    await expect(judge(`${head}.${forged}.${signature}`)).resolves.toBe("unauthenticated");
  });
});

describe("secrets", () => {
  test("that are replaced go on being taken, and no others", async () => {
    const previous = `${SECRET}, the previous one`;
    const env = { AUTH_SECRET: SECRET, AUTH_SECRET_PREVIOUS: previous };

    for (const secret of [SECRET, previous])
      await expect(judge(await token({}, {}, secretKey(secret)), env)).resolves.toBe("taken");
    const other = secretKey(`${SECRET}, another one`);
    await expect(judge(await token({}, {}, other), env)).resolves.toBe("unauthenticated");
  });

  test("of AUTH_ALGORITHMS alone are taken", async () => {
    const env = { AUTH_SECRET: SECRET.repeat(2), AUTH_ALGORITHMS: "HS512" };

    const keys = ["HS512", "HS256"].map((alg) => secretKey(SECRET.repeat(2), alg));
    const results = keys.map(async (one) => judge(await token({}, {}, one), env));
    await expect(Promise.all(results)).resolves.toEqual(["taken", "unauthenticated"]);
  });
});

test.each(["ES256", "ES384", "EdDSA", "PS256"])(
  "a public key of %s verifies its tokens only",
  async (alg) => {
    const own = await signingKey("k1", alg);
    const spki = await exportSPKI(own.publicKey as Parameters<typeof exportSPKI>[0]);

    await expect(judge(await token({}, {}, own), { AUTH_PUBLIC_KEY: spki })).resolves.toBe("taken");
    await expect(judge(await token(), { AUTH_PUBLIC_KEY: spki })).resolves.toBe("unauthenticated");
  },
);

test("several public keys are taken at a time, with line breaks written as \\n", async () => {
  const other = await signingKey("k2", "ES256");
  const spki = await exportSPKI(other.publicKey as Parameters<typeof exportSPKI>[0]);
  const env = { AUTH_PUBLIC_KEY: (pem + spki).replaceAll("\n", "\\n") };

  await expect(judge(await token({}, {}, other), env)).resolves.toBe("taken");
  await expect(judge(await token(), env)).resolves.toBe("taken");
});
