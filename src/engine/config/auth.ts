import { resolve } from "node:path";
import type { CleanedEnv } from "envalid";
import type { Caps } from "../../contract/capabilities.js";
import { ALGORITHMS, type PublicKeySource } from "./auth-values.js";
import type { AUTH_VARIABLES } from "./auth-variables.js";

/** Where the keys are that tokens are verified with. Exactly one of these. */
export type KeySource =
  | { readonly kind: "jwks"; readonly url: string }
  | ({ readonly kind: "public-key" } & PublicKeySource)
  | { readonly kind: "secret"; readonly secrets: readonly string[] }
  | { readonly kind: "secret"; readonly file: string };

/** Which tokens are taken, and what they mean. */
export interface JwtConfig {
  readonly kind: "jwt";
  readonly keys: KeySource;
  /** Those that fit the kind of keys, narrowed by AUTH_ALGORITHMS. Never empty. */
  readonly algorithms: readonly string[];
  /** Undefined: any. */
  readonly issuer: string | undefined;
  /** One of these must be named; undefined: any audience. */
  readonly audiences: readonly string[] | undefined;
  /** That a token may be in as well; empty: none. */
  readonly cookie: string;
  readonly userClaim: string;
  readonly maxTtlS: number;
  /** What a token without `caps` grants. */
  readonly defaultCaps: Caps;
  readonly tokenBytes: number;
}

/** Who may come in. */
export type AuthConfig =
  /** Everybody, as whoever he says he is; `isChosen` tells whether the operator has said so. */
  { readonly kind: "none"; readonly isChosen: boolean } | JwtConfig;

type Given = Readonly<Partial<CleanedEnv<typeof AUTH_VARIABLES>>> & {
  readonly NODE_ENV?: string;
};

/** Variables that name keys. */
const KEY_VARIABLES = ["AUTH_JWKS_URL", "AUTH_PUBLIC_KEY", "AUTH_SECRET", "AUTH_SECRET_FILE"] as const;

/** What the tokens of a provider are compared with, whose keys may sign for others as well. */
const COMPARED = {
  AUTH_ISSUER:
    "the iss of your tokens, for which docs/authentication.md has examples; * takes any, also those of strangers that the same keys sign",
  AUTH_AUDIENCE:
    "what the aud of your tokens names, see docs/authentication.md; * takes any, also tokens that were made for other services",
} as const;

/** Says for any issuer, or any audience, that it is meant so. */
const ANY = "*";

/**
 * What the variables of authentication say together. What is wrong is added to `problems`, each with its variable; of those that were refused by
 * themselves (`refused`) nothing more is said.
 */
export function readAuth(given: Given, isPresent: (name: string) => boolean, problems: string[]): AuthConfig {
  const sources = KEY_VARIABLES.filter(isPresent);
  if (given.AUTH === undefined && !isPresent("AUTH")) {
    problems.push(
      "AUTH is required when NODE_ENV is production: jwt lets in who has a token, none lets in everybody as whoever they say they are",
    );
  }
  if (given.AUTH !== "jwt") {
    if (given.AUTH === "none" && sources.length > 0)
      problems.push(
        `AUTH must be jwt when ${sources.join(" and ")} is set: with none nobody is asked for a token`,
      );
    if (isPresent("AUTH_COOKIE")) problems.push("AUTH_COOKIE needs AUTH=jwt: nothing else looks at it");
    return { kind: "none", isChosen: isPresent("AUTH") };
  }
  if (sources.length !== 1) {
    const found = sources.length === 0 ? "there is none" : `there are ${sources.join(" and ")}`;
    problems.push(`AUTH jwt needs exactly one of ${KEY_VARIABLES.join(", ")}: ${found}`);
  }
  if (isPresent("AUTH_SECRET_PREVIOUS") && !isPresent("AUTH_SECRET"))
    problems.push("AUTH_SECRET_PREVIOUS needs AUTH_SECRET, which replaces it");
  if (isPresent("AUTH_JWKS_URL")) {
    for (const [name, meaning] of Object.entries(COMPARED).filter(([one]) => !isPresent(one)))
      problems.push(`${name} is required with AUTH_JWKS_URL: ${meaning}`);
  }
  const isSecret = sources[0]?.startsWith("AUTH_SECRET") === true;
  const fitting: readonly string[] = isSecret ? ALGORITHMS.secret : ALGORITHMS.asymmetric;
  const asked: readonly string[] = given.AUTH_ALGORITHMS ?? [];
  const algorithms = asked.length === 0 ? fitting : asked.filter((one) => fitting.includes(one));
  if (algorithms.length === 0 || algorithms.length < asked.length)
    problems.push(`AUTH_ALGORITHMS must be of ${fitting.join(", ")}, which fit the kind of key`);
  return {
    kind: "jwt",
    keys: keySourceOf(given),
    algorithms,
    issuer: exactly(given.AUTH_ISSUER),
    audiences: exactly(given.AUTH_AUDIENCE)
      ?.split(",")
      .map((one) => one.trim()),
    cookie: given.AUTH_COOKIE ?? "",
    userClaim: given.AUTH_USER_CLAIM ?? "sub",
    maxTtlS: given.AUTH_MAX_TTL_SECONDS ?? 0,
    defaultCaps: given.AUTH_DEFAULT_CAPS ?? {},
    tokenBytes: given.AUTH_LIMIT_BYTES ?? 0,
  };
}

function keySourceOf(given: Given): KeySource {
  const { AUTH_JWKS_URL: url, AUTH_PUBLIC_KEY: publicKey, AUTH_SECRET_FILE: file } = given;
  if (url !== undefined) return { kind: "jwks", url };
  if (publicKey !== undefined) return { kind: "public-key", ...publicKey };
  if (file !== undefined && file !== "") return { kind: "secret", file: resolve(file) };
  const secrets = [given.AUTH_SECRET, given.AUTH_SECRET_PREVIOUS];
  return { kind: "secret", secrets: secrets.filter((one) => one !== undefined) };
}

function exactly(text: string | undefined): string | undefined {
  return text === undefined || text === "" || text === ANY ? undefined : text;
}
