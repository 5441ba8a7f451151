import type { Passport } from "../../contract/passport.js";
import type { AuthConfig } from "../config/auth.js";
import type { TokenMetrics } from "../metrics/types.js";
import type { Logger } from "../process/logger.js";
import type { Authenticator } from "./authenticator.js";
import { createOpenAuthenticator } from "./open-authenticator.js";
import { createTokenAuthenticator } from "./tokens/token-authenticator.js";

/** Who may come in, as configured, by the clocks of this machine. `check` refuses good tokens that were revoked. */
export function createAuthenticator(
  config: AuthConfig,
  check: (passport: Passport) => void,
  metrics: TokenMetrics,
  log: Logger,
): Authenticator {
  if (config.kind === "none") return createOpenAuthenticator();
  const clocks = { dateMs: () => Date.now(), nowMs: () => performance.now() };
  return createTokenAuthenticator({ config, ...clocks, check, metrics, log });
}
