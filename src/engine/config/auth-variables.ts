import { EVERYTHING } from "../../contract/capabilities.js";
import { ALGORITHMS, capsJson, cookieName, publicKey, secret } from "./auth-values.js";
import { httpUrl, integer, line, oneOf, someOf } from "./values.js";

/** The variables that say who may come in. */
export const AUTH_VARIABLES = {
  AUTH: oneOf(["jwt", "none"])({
    default: undefined,
    devDefault: "none",
    desc: "Who may come in: holders of a token (`jwt`), or everybody as whoever they say they are (`none`); production does not start without it. See [authentication.md](authentication.md)",
  }),
  AUTH_JWKS_URL: httpUrl({
    default: undefined,
    desc: "Where the identity provider has its public keys, as a JSON Web Key Set; one of AUTH_JWKS_URL, AUTH_PUBLIC_KEY, AUTH_SECRET and AUTH_SECRET_FILE is needed with AUTH=jwt",
  }),
  AUTH_PUBLIC_KEY: publicKey({
    default: undefined,
    desc: "Public keys that tokens are signed with, at most 4, in PEM with line breaks or `\\n`; or the path of a file with them, which is read again within seconds of a change",
  }),
  AUTH_SECRET: secret({
    default: undefined,
    desc: "Secret that tokens are signed with (HS256, HS384, HS512), at least 32 bytes",
  }),
  AUTH_SECRET_PREVIOUS: secret({
    default: undefined,
    desc: "Secret that AUTH_SECRET replaces; its tokens are taken, too",
  }),
  AUTH_SECRET_FILE: line({
    default: "",
    desc: "File with the secrets, one a line, the current one first, at most 4; it is read again within seconds of a change",
  }),
  AUTH_ALGORITHMS: someOf([...ALGORITHMS.asymmetric, ...ALGORITHMS.secret])({
    default: [],
    desc: "Signature algorithms that are taken, comma-separated; without it all that fit the type of the key",
  }),
  AUTH_ISSUER: line({
    default: "",
    desc: "The tokens' `iss`, compared exactly; required with AUTH_JWKS_URL. `*` takes any: also strangers' tokens, where a provider signs for all its customers with the same keys, as Firebase does",
  }),
  AUTH_AUDIENCE: line({
    default: "",
    desc: "What the tokens' `aud` must name, exactly: one, or a comma-separated list of which one is enough; required with AUTH_JWKS_URL. `*` takes any: also tokens that were made for other services",
  }),
  AUTH_COOKIE: cookieName({
    default: "",
    desc: "Cookie that a token is taken from as well, for pages that keep theirs out of reach of scripts; without it none is. Such requests need an `Origin` of the service's own or of CORS_ORIGIN, which must not be `*`; see [authentication.md](authentication.md#a-token-in-a-cookie)",
  }),
  AUTH_USER_CLAIM: line({ default: "sub", desc: "Claim of the tokens that is the user's id" }),
  AUTH_MAX_TTL_SECONDS: integer(
    1,
    31_622_400,
  )({
    default: 86_400,
    desc: "Longest life of a token, in seconds; those that are made for longer are refused",
  }),
  AUTH_DEFAULT_CAPS: capsJson({
    default: {},
    devDefault: EVERYTHING,
    desc: "What a token without the claim `caps` grants, as JSON; in production nothing",
  }),
  AUTH_RECHECK_SECONDS: integer(
    0,
    86_400,
  )({
    default: 0,
    desc: "Time between two questions to the application's rule about everything that connections have, in seconds, for rights that end without a recheck being asked for; 0 is never. See [access.md](access.md)",
  }),
  AUTH_LIMIT_BYTES: integer(
    64,
    65_536,
  )({ default: 8192, desc: "Largest `auth` of a Socket.IO handshake, as JSON, and largest token" }),
};
