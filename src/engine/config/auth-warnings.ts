import type { AuthConfig, KeySource } from "./auth.js";
import type { Config } from "./config.js";

/** Who may come in, and which variables say so: `none`, or `jwt (AUTH_JWKS_URL)`. */
export function authInWords(auth: AuthConfig): string {
  if (auth.kind === "none") return auth.kind;
  const variables = [variableOf(auth.keys), ...(auth.cookie === "" ? [] : ["AUTH_COOKIE"])];
  return `${auth.kind} (${variables.join(", ")})`;
}

function variableOf(keys: KeySource): string {
  if (keys.kind === "jwks") return "AUTH_JWKS_URL";
  if (keys.kind === "public-key") return "AUTH_PUBLIC_KEY";
  return "file" in keys ? "AUTH_SECRET_FILE" : "AUTH_SECRET";
}

/** What an operator should know of who may come in, a line each. */
export function authWarnings({ auth, environment }: Pick<Config, "auth" | "environment">): string[] {
  const isProduction = environment === "production";
  if (auth.kind === "none") {
    if (!auth.isChosen)
      return ["AUTH is not set: everybody is let in as whoever they say they are, which production refuses"];
    return isProduction ? ["AUTH is none: everybody is let in as whoever they say they are"] : [];
  }
  const { keys, issuer, audiences } = auth;
  const isRemote = keys.kind === "jwks";
  return [
    ...(isRemote && issuer === undefined
      ? ["AUTH_ISSUER is *: tokens of any issuer are taken; set it to the iss of yours"]
      : []),
    ...(isRemote && audiences === undefined
      ? [
          "AUTH_AUDIENCE is *: tokens that were made for other services are taken; set it to what the aud of yours names",
        ]
      : []),
    ...(isRemote && isProduction && canBeForged(keys.url)
      ? [
          "AUTH_JWKS_URL is http: whoever is on the way can replace the keys, and come in as anybody; use https",
        ]
      : []),
  ];
}

/** Whether somebody on the network may answer in the name of this address. */
function canBeForged(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === "http:" && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
