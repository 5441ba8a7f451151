import { createHash, randomBytes } from "node:crypto";
import { type ApiKey, parseApiKeys } from "../engine/config/api-keys.js";
import { type Given, type Terminal, wrongUsage } from "./command.js";

const SECRET_BYTES = 32;

export async function runKey(given: Given, terminal: Terminal): Promise<number> {
  const secret = randomBytes(SECRET_BYTES).toString("base64url");
  const kid = given.text("kid") ?? `key-${randomBytes(3).toString("hex")}`;
  const entry = entryOf(kid, given.text("caps") ?? '{"*":["publish"]}', secret);
  await terminal.write(
    `The key, shown this once:\n\n  ${kid}.${secret}\n\n` +
      `Its entry in the list of API_KEYS, or of the file that API_KEYS_FILE names:\n\n  ${JSON.stringify(entry)}\n`,
  );
  return 0;
}

/** @throws {CommandFailure} for a name or capabilities that the server would refuse. */
function entryOf(kid: string, caps: string, secret: string): ApiKey | undefined {
  const sha256 = [createHash("sha256").update(secret).digest("hex")];
  try {
    return parseApiKeys(JSON.stringify([{ kid, sha256, caps: JSON.parse(caps) }]))[0];
  } catch (error) {
    if (error instanceof SyntaxError) throw wrongUsage("--caps must be JSON");
    throw wrongUsage(`The key ${error instanceof Error ? error.message : "cannot be made"}`);
  }
}
