import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { authInWords, authWarnings } from "../../../src/engine/config/auth-warnings.js";
import { readConfig } from "../../../src/engine/config/config.js";
import { codeIn } from "../../support/markdown.js";
import { PROJECT } from "../../support/readme.js";

const PAGE = readFileSync(join(PROJECT, "docs/authentication.md"), "utf8");
const SECRET = "geheim, and more than thirty-two bytes";
const JWKS = { AUTH: "jwt", AUTH_JWKS_URL: "https://id.example/jwks" };
const production = { NODE_ENV: "production", MONGODB_URI: "mongodb://db/shoal" };
const { publicKey, privateKey } = generateKeyPairSync("ec", {
  namedCurve: "P-256",
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});

function problemsOf(environment: Record<string, string>): string {
  try {
    readConfig(environment);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("the configuration was accepted");
}

describe("who may come in", () => {
  test("has to be said in production", () => {
    expect(problemsOf(production)).toMatch(/^Bad configuration: AUTH is required .* jwt .* none /);
    expect(readConfig({ ...production, AUTH: "none" }).auth).toEqual({ kind: "none", isChosen: true });
  });

  test("is everybody outside production, and the log says so in one line", () => {
    for (const NODE_ENV of ["development", "test"]) {
      const config = readConfig({ NODE_ENV });
      expect(config.auth).toEqual({ kind: "none", isChosen: false });
      expect(authWarnings(config)).toEqual([expect.stringContaining("AUTH is not set: everybody is let in")]);
    }
    expect(authWarnings(readConfig({ AUTH: "none" }))).toEqual([]);
  });

  test("is said in the log of production when it is everybody", () => {
    expect(authWarnings(readConfig({ ...production, AUTH: "none" }))).toHaveLength(1);
  });

  test.each([
    ["an AUTH that is neither", { AUTH: "JWT" }, "AUTH must be one of jwt, none"],
    ["tokens without keys", { AUTH: "jwt" }, "AUTH jwt needs exactly one of AUTH_JWKS_URL, "],
    [
      "two kinds of keys",
      { ...JWKS, AUTH_ISSUER: "i", AUTH_AUDIENCE: "a", AUTH_SECRET: SECRET },
      "there are AUTH_JWKS_URL and AUTH_SECRET",
    ],
    [
      "a secret and a file of secrets",
      { AUTH: "jwt", AUTH_SECRET: SECRET, AUTH_SECRET_FILE: "/x" },
      "there are AUTH_SECRET and AUTH_SECRET_FILE",
    ],
    ["keys that nobody looks at", { AUTH: "none", AUTH_SECRET: SECRET }, "AUTH must be jwt when AUTH_SECRET"],
    ["keys without AUTH", { AUTH_SECRET: SECRET }, "AUTH must be jwt when AUTH_SECRET"],
    [
      "a key set without an issuer",
      { ...JWKS, AUTH_AUDIENCE: "a" },
      "AUTH_ISSUER is required with AUTH_JWKS_URL: the iss of your tokens,",
    ],
    [
      "a key set without an audience",
      { ...JWKS, AUTH_ISSUER: "i" },
      "AUTH_AUDIENCE is required with AUTH_JWKS_URL: what the aud of your tokens names,",
    ],
    [
      "a key set from a file",
      { ...JWKS, AUTH_JWKS_URL: "file:///geheim" },
      "AUTH_JWKS_URL must be an https:// or",
    ],
    [
      "a key set with a password",
      { ...JWKS, AUTH_JWKS_URL: "https://a:geheim@h" },
      "AUTH_JWKS_URL must not have",
    ],
    [
      "a short secret",
      { AUTH: "jwt", AUTH_SECRET: "geheim" },
      "AUTH_SECRET must have at least 32 bytes; openssl rand",
    ],
    [
      "a short previous secret",
      { AUTH: "jwt", AUTH_SECRET: SECRET, AUTH_SECRET_PREVIOUS: "geheim" },
      "AUTH_SECRET_PREVIOUS must have at least 32 bytes",
    ],
    ["a private key", { AUTH: "jwt", AUTH_PUBLIC_KEY: privateKey }, "AUTH_PUBLIC_KEY must be a public key"],
    [
      "a broken key",
      { AUTH: "jwt", AUTH_PUBLIC_KEY: publicKey.replace("M", "geheim") },
      "AUTH_PUBLIC_KEY must be a public key",
    ],
    [
      "algorithms of secrets for a public key",
      { AUTH: "jwt", AUTH_PUBLIC_KEY: publicKey, AUTH_ALGORITHMS: "HS256" },
      "AUTH_ALGORITHMS must be of RS256",
    ],
    [
      "algorithms of public keys for a secret",
      { AUTH: "jwt", AUTH_SECRET: SECRET, AUTH_ALGORITHMS: "HS256,RS256" },
      "AUTH_ALGORITHMS must be of HS256",
    ],
    [
      "no algorithm",
      { AUTH: "jwt", AUTH_SECRET: SECRET, AUTH_ALGORITHMS: "none" },
      "AUTH_ALGORITHMS must be some",
    ],
    [
      "a cookie that any page may use",
      { AUTH: "jwt", AUTH_SECRET: SECRET, AUTH_COOKIE: "token", CORS_ORIGIN: "*" },
      "CORS_ORIGIN must not be * when AUTH_COOKIE is set",
    ],
    ["a cookie that nothing looks at", { AUTH_COOKIE: "token" }, "AUTH_COOKIE needs AUTH=jwt"],
    [
      "a cookie's name that is none",
      { AUTH: "jwt", AUTH_SECRET: SECRET, AUTH_COOKIE: "geheim=1" },
      "AUTH_COOKIE must be 1 to 64 letters",
    ],
    ["capabilities that are no JSON", { AUTH_DEFAULT_CAPS: "{geheim" }, "AUTH_DEFAULT_CAPS must be JSON"],
    [
      "capabilities of another form",
      { AUTH_DEFAULT_CAPS: '{"a geheim b":["read"]}' },
      "AUTH_DEFAULT_CAPS must have patterns of rooms with lists of operations",
    ],
    [
      "capabilities that are no operations",
      { AUTH_DEFAULT_CAPS: '{"chat:*":["geheim"]}' },
      "AUTH_DEFAULT_CAPS must have only *, read,",
    ],
    [
      "capabilities of no room in some rooms",
      { AUTH_DEFAULT_CAPS: '{"chat:*":["broadcast"]}' },
      'AUTH_DEFAULT_CAPS must have broadcast with the pattern "*" only',
    ],
    [
      "capabilities that only keys have",
      { AUTH_DEFAULT_CAPS: '{"*":["users"]}' },
      "AUTH_DEFAULT_CAPS must have no users: it is for keys",
    ],
  ])("cannot be said by %s", (_what, environment: Record<string, string>, problem) => {
    const problems = problemsOf(environment);

    expect(problems).toContain(problem);
    expect(problems).not.toContain("geheim");
  });

  test("is by default nobody for anything in production, and everybody for everything elsewhere", () => {
    const env = { AUTH: "jwt", AUTH_SECRET: SECRET };

    expect(readConfig({ ...production, ...env }).auth).toMatchObject({ defaultCaps: {} });
    expect(readConfig(env).auth).toMatchObject({ defaultCaps: { "*": expect.arrayContaining(["publish"]) } });
  });

  test("may be said by a cookie, which pages of other origins then use only if they are listed", () => {
    const env = { AUTH: "jwt", AUTH_SECRET: SECRET, AUTH_COOKIE: "__Host-token" };

    expect(readConfig(env)).toMatchObject({ auth: { cookie: "__Host-token" }, corsOrigins: [] });
    expect(readConfig({ ...env, AUTH_COOKIE: "" })).toMatchObject({ auth: { cookie: "" }, corsOrigins: "*" });
    const CORS_ORIGIN = "https://app.example.com";
    expect(readConfig({ ...env, CORS_ORIGIN })).toMatchObject({ corsOrigins: [CORS_ORIGIN] });
  });

  test("may be narrowed aloud, or not, by issuer and audience", () => {
    const env = { ...JWKS, AUTH_ISSUER: "*", AUTH_AUDIENCE: "a, b" };

    const config = readConfig(env);
    expect(config.auth).toMatchObject({ issuer: undefined, audiences: ["a", "b"] });
    expect(authWarnings(config)).toEqual([expect.stringContaining("AUTH_ISSUER is *")]);
  });

  test("is warned of when the keys come by http in production", () => {
    const env = { ...JWKS, AUTH_JWKS_URL: "http://id/jwks", AUTH_ISSUER: "i", AUTH_AUDIENCE: "a" };

    expect(authWarnings(readConfig({ ...production, ...env }))).toEqual([
      expect.stringMatching(/; use https$/),
    ]);
    expect(authWarnings(readConfig(env))).toEqual([]);
    for (const host of ["localhost:8080", "127.0.0.1", "[::1]:1"]) {
      const AUTH_JWKS_URL = `http://${host}/jwks`;
      expect([host, authWarnings(readConfig({ ...production, ...env, AUTH_JWKS_URL }))]).toEqual([host, []]);
    }
  });

  test("is said by the file .env that the page prints, as it stands there", () => {
    const [block = "", ...others] = codeIn(PAGE, "dotenv");
    expect(others).toEqual([]);

    expect(readConfig({ ...production, ...parseEnv(block) }).auth).toMatchObject({
      keys: { kind: "jwks", url: "https://tenant.auth0.com/.well-known/jwks.json" },
      issuer: "https://TENANT.auth0.com/",
      audiences: ["https://chat.example.com"],
      defaultCaps: { "chat:*": ["read", "publish", "relay", "presence"] },
    });
  });

  test("is told in a few words, without a value", () => {
    const jwks = { ...JWKS, AUTH_ISSUER: "i", AUTH_AUDIENCE: "a", AUTH_COOKIE: "token" };
    const told = [
      {},
      { AUTH: "jwt", AUTH_SECRET: SECRET },
      { AUTH: "jwt", AUTH_SECRET_FILE: "/run/secrets/tokens" },
      { AUTH: "jwt", AUTH_PUBLIC_KEY: publicKey },
      jwks,
    ].map((env) => authInWords(readConfig(env).auth));

    expect(told).toEqual([
      ...["none", "jwt (AUTH_SECRET)", "jwt (AUTH_SECRET_FILE)", "jwt (AUTH_PUBLIC_KEY)"],
      "jwt (AUTH_JWKS_URL, AUTH_COOKIE)",
    ]);
  });

  test("empty variables count as absent", () => {
    const env = {
      AUTH: "jwt",
      AUTH_SECRET: SECRET,
      AUTH_JWKS_URL: "",
      AUTH_SECRET_FILE: "",
      AUTH_ISSUER: "",
    };

    expect(readConfig(env).auth).toMatchObject({ keys: { kind: "secret" }, issuer: undefined });
  });
});
