import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ALGORITHMS } from "../../src/engine/config/auth-values.js";
import { connectClient, emitAck } from "../support/connect-client.js";
import { startMongo } from "../support/mongo.js";
import { type Likeness, type OidcProvider, startOidcProvider } from "../support/oidc-provider.js";
import { PROJECT } from "../support/readme.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";

// The settings that docs/authentication.md prints, tried with tokens and key sets of the providers' form.

const PAGE = readFileSync(join(PROJECT, "docs/authentication.md"), "utf8");
const nowS = Math.floor(Date.now() / 1000);

/** What the page prints of a provider. */
function printed(name: string): { url: URL; issuer: string; audience: string } {
  const row = PAGE.split("\n").find((line) => line.startsWith(`| ${name} |`)) ?? "";
  const [, url = "", issuer = "", audience = ""] = row
    .split("|")
    .slice(1)
    .map((cell) => /`([^`]+)`/.exec(cell)?.[1]);
  return { url: new URL(url), issuer, audience };
}

interface Case {
  readonly name: string;
  readonly user: string;
  readonly likeness: Omit<Likeness, "issuer" | "keySetPath">;
  /** Other claims, with which the token is none for this service. */
  readonly wrong: Readonly<Record<string, object>>;
}

const CASES: readonly Case[] = [
  {
    name: "Auth0",
    user: "auth0|5f7c8ec7c33c6c004bbafe82",
    likeness: {
      hasCertificates: true,
      header: { typ: "JWT" },
      claims: {
        sub: "auth0|5f7c8ec7c33c6c004bbafe82",
        aud: ["https://chat.example.com", "https://TENANT.auth0.com/userinfo"],
        ...{ azp: "my_client_id", scope: "openid profile", iat: nowS, exp: nowS + 86_400 },
      },
    },
    wrong: {
      "another API": { aud: ["https://TENANT.auth0.com/userinfo"] },
      "the issuer without its slash": { iss: "https://TENANT.auth0.com" },
    },
  },
  {
    name: "Keycloak",
    user: "f7c1b1d2-4b0c-4f0e-8f39-0d8b2f9c6a11",
    likeness: {
      hasCertificates: true,
      header: { typ: "JWT" },
      claims: {
        sub: "f7c1b1d2-4b0c-4f0e-8f39-0d8b2f9c6a11",
        aud: ["https://chat.example.com", "account"],
        ...{ typ: "Bearer", azp: "web", session_state: "0a1b", acr: "1", preferred_username: "ann" },
        ...{ realm_access: { roles: ["offline_access"] }, scope: "openid email", exp: nowS + 300 },
      },
    },
    wrong: {
      "no audience mapper": { aud: "account" },
      "an ID token with the audience": { typ: "ID" },
      "a logout token": { events: { "http://schemas.openid.net/event/backchannel-logout": {} } },
      "another realm": { iss: "https://HOST/realms/OTHER" },
    },
  },
  {
    name: "Firebase",
    user: "Zx3kQ1bW8hT2yVnR5sLmA7uCdE93",
    likeness: {
      hasCertificates: false,
      header: { typ: "JWT" },
      claims: {
        ...{ sub: "Zx3kQ1bW8hT2yVnR5sLmA7uCdE93", user_id: "Zx3kQ1bW8hT2yVnR5sLmA7uCdE93", aud: "PROJECT" },
        ...{ auth_time: nowS - 60, exp: nowS + 3600, email: "ann@example.com", email_verified: true },
        firebase: { identities: { email: ["ann@example.com"] }, sign_in_provider: "password" },
      },
    },
    wrong: {
      "another project": { aud: "other", iss: "https://securetoken.google.com/other" },
      "an issuer with a slash": { iss: "https://securetoken.google.com/PROJECT/" },
    },
  },
];

let mongodbUri: string;
let provider: OidcProvider;

beforeAll(async () => {
  mongodbUri = (await startMongo()).uriFor();
  provider = await startOidcProvider();
});

/** A worker with what the page prints; but the keys come from loopback. */
function start({ url, issuer, audience }: ReturnType<typeof printed>): Promise<RunningWorker> {
  const env = {
    ...{ AUTH: "jwt", AUTH_JWKS_URL: provider.issuer + url.pathname },
    ...{ AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience },
  };
  return startWorker({ mongodbUri, env });
}

test.each(CASES)("$name: the printed settings take its tokens, and no others", async (one) => {
  const { name, user, likeness, wrong } = one;
  const settings = printed(name);
  const { url, issuer } = settings;
  const own = { ...likeness, issuer, keySetPath: url.pathname };
  await provider.become(own);
  const worker = await start(settings);

  const { socket } = await connectClient(worker.url, { auth: { token: await provider.signIn() } });
  const room = `chat:${name}`;
  await expect(emitAck(socket, "publish", { room, messages: [{ id: "1", body: 1 }] })).resolves.toMatchObject(
    { ok: true },
  );
  const { messages } = await emitAck<{ messages: object[] }>(socket, "subscribe", { room });
  expect(messages).toMatchObject([{ from: user }]);
  for (const [reason, claims] of Object.entries(wrong)) {
    await provider.become({ ...own, claims: { ...likeness.claims, ...claims } });
    const token = await provider.signIn();
    const refusal = await connectClient(worker.url, { auth: { token } }).catch((error: unknown) => error);
    expect([reason, refusal]).toMatchObject([reason, { data: { code: "unauthenticated" } }]);
  }
});

test("the page names the algorithms that are taken, and no others", () => {
  const rowOf = (kind: string): string =>
    PAGE.split("\n").find((line) => line.startsWith(`| ${kind} | `) && line.includes("256, ")) ?? "";
  const named = (kind: string): string[] => rowOf(kind).match(/\b(?:[RPEH]S\d+|EdDSA|Ed25519)\b/g) ?? [];

  expect(named("public ones")).toEqual(ALGORITHMS.asymmetric);
  expect(named("secrets")).toEqual(ALGORITHMS.secret);
});
