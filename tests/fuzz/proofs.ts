import { randomBytes } from "node:crypto";
import type { Prng } from "../chaos/prng.js";
import { type MadeKey, makeKey } from "../support/api-keys.js";
import { secretKey, signToken } from "../support/tokens.js";
import { mutated } from "./generators/bytes.js";

/** With what somebody comes. */
export const PROOFS = ["none", "valid", "expired", "mangled"] as const;
export type ProofKind = (typeof PROOFS)[number];

/** A proof, as text. `text` is undefined for `none`. */
export interface Proof {
  readonly kind: ProofKind;
  readonly text: string | undefined;
  /** Whom it is of, or was. */
  readonly user: string;
}

export interface Proofs {
  /** What an instance needs to take them. */
  readonly env: Readonly<Record<string, string>>;
  /** A user's token. */
  token(prng: Prng): Proof;
  /** A key of the server API. */
  key(prng: Prng): Proof;
  /** A token of somebody who is no part of it. */
  tokenFor(user: string): Promise<string>;
}

/** So many that most are far below their rates; what is over them is the greedy one's. */
const USERS = 256;
const GREEDY = "user-0";
const EXPIRED = 8;
/** Longer than any run, shorter than the longest life that is taken. */
const TOKEN_S = 80_000;
const ALL = { "*": ["*"] };

export async function createProofs(): Promise<Proofs> {
  const secret = randomBytes(32).toString("base64url");
  const signer = secretKey(secret);
  const keys = { all: makeKey("all"), some: makeKey("some", { "room-1": ["publish", "page"] }) };
  const nowS = Math.floor(Date.now() / 1000);
  const tokenFor = (user: string): Promise<string> =>
    signToken(signer, { sub: user, exp: nowS + TOKEN_S, caps: ALL });
  const users = Array.from({ length: USERS }, (_, index) => `user-${index}`);
  const valid = new Map(await Promise.all(users.map(async (user) => [user, await tokenFor(user)] as const)));
  const expired = await Promise.all(
    users
      .slice(0, EXPIRED)
      .map((sub) => signToken(signer, { sub, iat: nowS - 120, exp: nowS - 60, caps: ALL })),
  );

  function token(prng: Prng): Proof {
    const kind = prng.pick<ProofKind>(["none", "valid", "valid", "valid", "valid", "expired", "mangled"]);
    const user = prng.chance(0.05) ? GREEDY : prng.pick(users);
    const good = valid.get(user) ?? "";
    if (kind === "none") return { kind, text: undefined, user };
    if (kind === "expired") return { kind, text: prng.pick(expired), user };
    return { kind, text: kind === "valid" ? good : mangledToken(prng, good, prng.pick(expired)), user };
  }

  function key(prng: Prng): Proof {
    const { key: good, secret: bare }: MadeKey = prng.chance(0.9) ? keys.all : keys.some;
    const kind = prng.pick<ProofKind>(["none", "valid", "valid", "valid", "valid", "valid", "mangled"]);
    const user = "key";
    if (kind === "none") return { kind, text: undefined, user };
    if (kind === "valid") return { kind, text: good, user };
    const others = [`${good}.x`, bare, "all", "all.", `.${bare}`, good.toUpperCase(), good.slice(0, -1)];
    return {
      kind,
      text: prng.chance(0.5) ? textOf(mutated(prng, Buffer.from(good))) : prng.pick(others),
      user,
    };
  }

  return {
    env: {
      ...{ AUTH_SECRET: secret, AUTH_DEFAULT_CAPS: JSON.stringify(ALL) },
      API_KEYS: JSON.stringify(Object.values(keys).map(({ entry }) => entry)),
    },
    token,
    key,
    tokenFor,
  };
}

/** One that is nearly good. */
function mangledToken(prng: Prng, good: string, other: string): string {
  if (prng.chance(0.6)) return textOf(mutated(prng, Buffer.from(good)));
  const [head = "", claims = "", signature = ""] = good.split(".");
  const [, otherClaims = ""] = other.split(".");
  const none = encode({ alg: "none", typ: "JWT" });
  return prng.pick([
    ...[`${head}.${claims}.`, `${head}.${claims}`, `${none}.${claims}.`, `${none}.${claims}.${signature}`],
    ...[
      `${head}.${otherClaims}.${signature}`,
      `${good}.`,
      `.${good}`,
      `${good}.${good}`,
      `${good}=`,
      "..",
      "",
    ],
    ...[`${encode({ alg: "HS256", kid: "../../etc/passwd" })}.${claims}.${signature}`],
    ...[`${encode({ alg: "HS256", crit: ["b64"], b64: false })}.${claims}.${signature}`],
    ...[
      `${encode({ alg: "RS256", jwk: {} })}.${claims}.${signature}`,
      `${head}.${"A".repeat(7000)}.${signature}`,
    ],
    ...[`${head}.${encode([])}.${signature}`, `${encode(null)}.${claims}.${signature}`, "x".repeat(9000)],
  ]);
}

function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

/** One character per byte. */
function textOf(bytes: Buffer): string {
  return bytes.toString("latin1");
}
