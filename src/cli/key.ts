import { createHash, randomBytes } from "node:crypto";
import { type ApiKey, parseApiKeys } from "../engine/config/api-keys.js";
import { type Given, type Terminal, wrongUsage } from "./command.js";

const SECRET_BYTES = 32;
const LIST =
  "The list with its entry, for a new file that API_KEYS_FILE names, or for API_KEYS; in a list that there is, add what is between the brackets";

export async function runKey(given: Given, terminal: Terminal): Promise<number> {
  const secret = randomBytes(SECRET_BYTES).toString("base64url");
  const kid = given.text("kid") ?? `key-${randomBytes(3).toString("hex")}`;
  const entry = entryOf(kid, given.text("caps") ?? '{"*":["publish"]}', secret);
  // Standard output is what a file takes as it is; whoever sends it there sees the key all the same.
  for (const line of ["The key, shown this once:", "", `  ${kid}.${secret}`, "", `${LIST}:`, ""])
    terminal.note(line);
  await terminal.write(`[${JSON.stringify(entry)}]\n`);
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
