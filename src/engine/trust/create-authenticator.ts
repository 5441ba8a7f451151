import type { AuthConfig } from "../config/auth.js";
import type { Authenticator } from "./authenticator.js";
import { createOpenAuthenticator } from "./open-authenticator.js";
import { createTokenAuthenticator, type TokenAuthenticatorParts } from "./tokens/token-authenticator.js";

/** Who may come in, as configured, by the clocks of this machine. */
export function createAuthenticator(
  config: AuthConfig,
  parts: Omit<TokenAuthenticatorParts, "config" | "dateMs" | "nowMs">,
): Authenticator {
  if (config.kind === "none") return createOpenAuthenticator();
  return createTokenAuthenticator({
    ...{ ...parts, config },
    ...{ dateMs: () => Date.now(), nowMs: () => performance.now() },
  });
}
