import { existsSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { importCompiled } from "./compiled.mjs";
import { SetupFailure } from "./failure.mjs";
import { inProject, say } from "./project.mjs";

/**
 * Reads the project's `.env`, where there is one. What the environment has already wins; an empty variable counts as absent.
 * @returns {NodeJS.Dict<string>} what is in it.
 */
export function readEnvFile(path = inProject(".env")) {
  if (!existsSync(path)) return {};
  const values = parseEnv(textOf(path));
  for (const [name, value] of Object.entries(values)) process.env[name] ||= value;
  return values;
}

/** Tells the names in `.env` that nothing reads and that are like no other; the server itself tells those that are misspelt. Needs the build. */
export async function tellUnknownVariables(values) {
  if (Object.keys(values).length === 0) return;
  /** @type {typeof import("../../src/engine/config/unknown-variables.js")} */
  const { unknownVariables, unknownVariableWarning } = await importCompiled(
    "dist/engine/config/unknown-variables.js",
  );
  const unlike = unknownVariables(values).filter(({ meant }) => meant === undefined);
  for (const unknown of unlike) say(`.env: ${unknownVariableWarning(unknown)}`);
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
