// `npm run key`: makes a key of the server API.
import { createHash, randomBytes } from "node:crypto";
import { build } from "./setup/build.mjs";
import { importCompiled } from "./setup/compiled.mjs";
import { installDependencies } from "./setup/dependencies.mjs";
import { runScript } from "./setup/failure.mjs";
import { checkNodeVersion } from "./setup/node-version.mjs";
import { parseOptions, wrongUsage } from "./setup/usage.mjs";

const USAGE = `Usage: npm run key -- [--kid NAME] [--caps JSON]

Makes a key of the server API and prints it with its entry for API_KEYS or the file that API_KEYS_FILE names. The key is shown
this once and stored nowhere; the entry has a hash of it. docs/server-api.md says what keys are for.

  --kid NAME   its name in logs: 1 to 64 letters, digits or any of _ - (default: one by chance)
  --caps JSON  what it may do, as patterns of rooms with operations (default: {"*":["publish"]}); such as
               '{"news:*":["publish","relay"]}' or '{"*":["users","operate"]}'; {"*":["*"]} is everything
  --help

For another secret of a key that there is, give its name, and put the new hash into the "sha256" of its entry, beside the old one.
Exits with 2 for what cannot be used.
`;
const OPTIONS = {
  kid: { type: "string" },
  caps: { type: "string" },
  help: { type: "boolean", short: "h" },
};
const SECRET_BYTES = 32;

/** @throws {SetupFailure} for a name or capabilities that the server would refuse. */
async function entryOf(kid, caps, secret) {
  /** @type {typeof import("../src/engine/config/api-keys.js")} */
  const { parseApiKeys } = await importCompiled("dist/engine/config/api-keys.js");
  const sha256 = [createHash("sha256").update(secret).digest("hex")];
  try {
    return parseApiKeys(JSON.stringify([{ kid, sha256, caps: JSON.parse(caps) }]))[0];
  } catch (error) {
    const problem = error instanceof SyntaxError ? "--caps must be JSON" : `The key ${error.message}`;
    throw wrongUsage(problem, USAGE);
  }
}

await runScript(async () => {
  const { help, kid, caps } = parseOptions(process.argv.slice(2), OPTIONS, USAGE);
  if (help) {
    process.stdout.write(USAGE);
    return;
  }
  checkNodeVersion();
  await installDependencies();
  await build();
  const secret = randomBytes(SECRET_BYTES).toString("base64url");
  const name = kid ?? `key-${randomBytes(3).toString("hex")}`;
  const entry = await entryOf(name, caps ?? '{"*":["publish"]}', secret);
  process.stdout.write(`The key, shown this once:\n\n  ${name}.${secret}\n\n`);
  process.stdout.write(`Its entry in the list of API_KEYS, or of the file that API_KEYS_FILE names:\n\n`);
  process.stdout.write(`  ${JSON.stringify(entry)}\n`);
});
