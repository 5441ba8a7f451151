import { readFile } from "node:fs/promises";
import { readPublicKeys, readSecrets } from "../../engine/config/auth-values.js";
import type { Config } from "../../engine/config/config.js";
import { redactUri } from "../../engine/process/logger.js";
import { downloadKeySet } from "../../engine/trust/tokens/key-set-download.js";
import { usableKeys } from "../../engine/trust/tokens/usable-keys.js";
import { type Check, type Finding, fail, ok, warn } from "./check.js";

/** What tokens and keys are checked with. `areKeysRead`: whether the configuration has the keys that are set. */
export function secretChecks(config: Config, areKeysRead: boolean): Check[] {
  return [
    {
      name: "keys",
      see: "docs/server-api.md#a-key",
      run: async () =>
        areKeysRead ? keysFinding(config) : ok("could not be looked at: see the check configuration"),
    },
    {
      name: "token keys",
      see: "docs/runbook.md#tokens-cannot-be-decided",
      run: () => tokenKeysFinding(config),
    },
  ];
}

/** That they can be read is seen by the configuration. */
function keysFinding({ keys, environment }: Config): Finding {
  const { first, file } = keys;
  const where = file === "" ? "API_KEYS" : "API_KEYS_FILE";
  if (first.length > 0) return ok(`${where} has ${first.length}: ${first.map(({ kid }) => kid).join(", ")}`);
  if (file !== "")
    return warn("API_KEYS_FILE has no key: nobody may use the server API", "make one with shoal key");
  const line = "there is no key: the server API is closed, and the private port asks nobody for one";
  if (environment !== "production") return ok(line);
  return warn(line, "make one that may operate with shoal key, and set API_KEYS_FILE");
}

async function tokenKeysFinding({ auth }: Config): Promise<Finding> {
  if (auth.kind === "none") return ok("not used: AUTH is none");
  const { keys, algorithms } = auth;
  if (keys.kind === "jwks") return keyServerFinding(keys.url, algorithms);
  if (!("file" in keys)) return ok(`in ${keys.kind === "secret" ? "AUTH_SECRET" : "AUTH_PUBLIC_KEY"}`);
  const variable = keys.kind === "secret" ? "AUTH_SECRET_FILE" : "AUTH_PUBLIC_KEY";
  try {
    const text = await readFile(keys.file, "utf8");
    const count = keys.kind === "secret" ? readSecrets(text).length : readPublicKeys(text).length;
    return ok(`${variable} has ${count}`);
  } catch (error) {
    const reason = error instanceof TypeError ? error.message : `cannot be read (${codeOf(error)})`;
    return fail(`${variable} names a file that ${reason}`, "mend the file; a server does not start with it");
  }
}

async function keyServerFinding(url: string, algorithms: readonly string[]): Promise<Finding> {
  const where = `${redactUri(url)} (AUTH_JWKS_URL)`;
  const elsewhere =
    "nobody with a token is let in until the key server answers: check the address and the network";
  const startMs = performance.now();
  try {
    const { keys } = await downloadKeySet(url, new AbortController().signal);
    const tookMs = Math.round(performance.now() - startMs);
    const usable = usableKeys(keys, algorithms);
    const line = `${where} has ${keys.length} keys, ${usable.length} of them for ${algorithms.join(", ")}, within ${tookMs} ms`;
    if (keys.some((key) => "d" in key))
      return fail(`${where} publishes a private key: anybody can make tokens`, "replace that key at once");
    return usable.length > 0 ? ok(line) : fail(line, "compare AUTH_ALGORITHMS with the kinds of these keys");
  } catch (error) {
    const { message, cause } = error as Error;
    return fail(`${where}: ${message}${cause === undefined ? "" : ` (${codeOf(cause)})`}`, elsewhere);
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String((error as Error).message);
}
