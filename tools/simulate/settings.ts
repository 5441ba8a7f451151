import { type Config, readConfig } from "../../src/engine/config/config.js";
import { unknownVariables, unknownVariableWarning } from "../../src/engine/config/unknown-variables.js";
import { StartError } from "../../src/engine/process/start-error.js";

/** What production asks for and nobody is asked by here. */
const NEEDED = {
  NODE_ENV: "production",
  MONGODB_URI: "mongodb://mongodb.invalid",
  REDIS_URL: "redis://redis.invalid",
  AUTH: "jwt",
  AUTH_JWKS_URL: "https://id.invalid/keys",
  AUTH_ISSUER: "*",
  AUTH_AUDIENCE: "*",
};

/**
 * The configuration of production with these variables besides, as the service reads it.
 * @throws {StartError} for a variable that nothing reads, and what the service says of a wrong value.
 */
export function readSettings(variables: Readonly<Record<string, string>>): Config {
  const [unknown] = unknownVariables(variables);
  if (unknown !== undefined) throw new StartError(unknownVariableWarning(unknown));
  return readConfig({ ...NEEDED, ...variables });
}
