import { existsSync } from "node:fs";
import { SetupFailure } from "./failure.mjs";
import { inProject } from "./project.mjs";

/** Reads the project's `.env`, where there is one. What the environment has already wins. */
export function readEnvFile(path = inProject(".env")) {
  if (!existsSync(path)) return;
  try {
    process.loadEnvFile(path);
  } catch (error) {
    throw new SetupFailure(`.env cannot be read: ${error.message}`);
  }
}
