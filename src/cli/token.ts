import { readFile } from "node:fs/promises";
import type { Caps } from "../contract/capabilities.js";
import { USER_ID, USER_ID_FORM } from "../contract/room-names.js";
import type { JwtConfig } from "../engine/config/auth.js";
import { readSecrets } from "../engine/config/auth-values.js";
import { readCaps } from "../engine/config/caps.js";
import { readConfig } from "../engine/config/config.js";
import { signToken } from "../engine/trust/tokens/sign-token.js";
import { numberIn } from "./arguments.js";
import { CommandFailure, type Given, type Terminal, wrongUsage } from "./command.js";
import { secondsOf } from "./duration.js";

export async function runToken(given: Given, terminal: Terminal): Promise<number> {
  const user = given.text("user") ?? "";
  if (!USER_ID.test(numbered(user, 1))) throw wrongUsage(`--user is required, and ${USER_ID_FORM}`);
  const ttlS = secondsOf(given.text("ttl") ?? "1h");
  if (ttlS === undefined) throw wrongUsage("--ttl must be a time such as 90s, 15m, 1h or 7d");
  const count = numberIn(given, "count", { least: 1, most: 1_000_000, preset: 1 });
  if (count > 1 && !user.includes(NUMBER)) throw wrongUsage(`--user must contain ${NUMBER} with --count`);
  const granted = capsIn(given.text("caps"));
  const auth = jwtConfig(terminal.environment);
  if (ttlS > auth.maxTtlS)
    throw wrongUsage(`--ttl must be at most ${auth.maxTtlS}s, which is AUTH_MAX_TTL_SECONDS`);
  const secret = await secretOf(auth);
  for (let number = 1; number <= count; number += 1) {
    if (terminal.ended.aborted) return 1;
    const name = numbered(user, number);
    const claims = { auth, user: name, ttlS, secret, nowMs: Date.now(), caps: granted };
    const { token, expiresAt } = await signToken(claims);
    if (number === 1 && terminal.isSeen) terminal.note(`${name}, until ${expiresAt.toISOString()}`);
    await terminal.write(`${token}\n`);
  }
  return 0;
}

/** Stands in a user's name for the number of the token. */
const NUMBER = "{n}";

function numbered(user: string, number: number): string {
  return user.replaceAll(NUMBER, String(number));
}

/** @throws {CommandFailure} for what would grant nothing. */
function capsIn(text: string | undefined): Caps | undefined {
  if (text === undefined) return undefined;
  try {
    return readCaps(JSON.parse(text), "user");
  } catch (error) {
    if (error instanceof SyntaxError) throw wrongUsage("--caps must be JSON");
    throw wrongUsage(`--caps ${error instanceof Error ? error.message : "grants nothing"}`);
  }
}

/** What the server would read of the same variables; the others have no say in a token. @throws {StartError} */
function jwtConfig(environment: NodeJS.ProcessEnv): JwtConfig {
  const ofTokens = Object.entries(environment).filter(([name]) => /^AUTH(_|$)/.test(name));
  const { auth } = readConfig({ ...Object.fromEntries(ofTokens), AUTH: environment.AUTH || "jwt" });
  if (auth.kind !== "jwt") throw new CommandFailure("AUTH is none: the server looks at no token", 2);
  return auth;
}

/** @throws {CommandFailure} where nobody but an identity provider can sign. */
async function secretOf({ keys }: JwtConfig): Promise<string> {
  if (keys.kind !== "secret")
    throw new CommandFailure(
      "Tokens are signed by whoever has the private key; only AUTH_SECRET signs here",
      2,
    );
  if ("secrets" in keys) return keys.secrets[0] ?? "";
  try {
    return readSecrets(await readFile(keys.file, "utf8"))[0] ?? "";
  } catch (error) {
    const reason = error instanceof TypeError ? error.message : "cannot be read";
    throw new CommandFailure(`AUTH_SECRET_FILE ${reason}`, 2);
  }
}
