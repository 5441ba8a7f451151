import { existsSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { SetupFailure } from "./failure.mjs";
import { inProject } from "./project.mjs";

/** Reads the project's `.env`, where there is one. What the environment has already wins. */
export function readEnvFile(path = inProject(".env")) {
  if (!existsSync(path)) return;
  for (const [name, value] of Object.entries(parseEnv(textOf(path)))) process.env[name] ??= value;
}

/** Without a byte order mark, which would become a part of the first name. */
function textOf(path) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    const isOther = error.code === "ERR_ENCODING_INVALID_ENCODED_DATA";
    throw new SetupFailure(`.env cannot be read: ${isOther ? "it must be UTF-8" : error.message}`);
  }
}
