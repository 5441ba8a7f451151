import type { Config } from "./config.js";

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
    ...(isRemote && issuer === undefined ? ["AUTH_ISSUER is *: tokens of any issuer are taken"] : []),
    ...(isRemote && audiences === undefined
      ? ["AUTH_AUDIENCE is *: tokens that were made for other services are taken"]
      : []),
    ...(isRemote && isProduction && keys.url.startsWith("http:")
      ? ["AUTH_JWKS_URL is http: whoever is on the way can replace the keys"]
      : []),
  ];
}
